package dev.godwit.host;

import dev.godwit.linux.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/** A name for a file or socket that stands for several strings of any length and content. */
public final class PartsKey {
  private static final int BYTES = 12;

  private PartsKey() {}

  /**
   * 24 hexadecimal digits: the same for the same parts, others for any others.
   *
   * @param parts none with a NUL byte
   */
  public static String of(List<byte[]> parts) {
    MessageDigest digest = Sha256.ofJava();
    for (byte[] part : parts) {
      digest.update(part);
      digest.update((byte) 0);
    }
    return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
  }

  /** The same of a command's words. */
  public static String ofWords(List<String> argv) {
    return of(argv.stream().map(word -> word.getBytes(StandardCharsets.UTF_8)).toList());
  }
}
