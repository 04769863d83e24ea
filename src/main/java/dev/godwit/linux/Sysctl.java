package dev.godwit.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads settings of the kernel (proc_sys(5)). */
public final class Sysctl {
  private static final int BYTES_MAX = 4096;

  private Sysctl() {}

  /**
   * The value of a setting, without white space around it. The kernel tells a number in the first
   * read(2) alone; {@link Files#readString} begins with one byte, because the file has no size, and
   * finds the first digit only.
   *
   * @param file below {@code /proc/sys}
   */
  public static String read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] value = new byte[BYTES_MAX];
      int length = in.read(value);
      return new String(value, 0, Math.max(length, 0), StandardCharsets.ISO_8859_1).strip();
    }
  }
}
