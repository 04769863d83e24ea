package dev.godwit.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who holds the lock on a file (proc(5), /proc/locks). */
public final class FileLocks {
  private static final Path LOCKS = Path.of("/proc/locks");
  private static final int KIND = 1;
  private static final int PID = 4;
  private static final int FILE = 5;

  private FileLocks() {}

  /**
   * The process that has a POSIX lock on a file, in this process's own numbers.
   *
   * @return empty when there is none, or when it is not to be seen from here
   */
  public static Optional<Integer> holder(Path file) throws IOException {
    Map<String, Object> status = Files.readAttributes(file, "unix:dev,ino");
    long device = number(status.get("dev"));
    long inode = number(status.get("ino"));
    String wanted =
        String.format(
            Locale.ROOT,
            "%02x:%02x:%d",
            (device >> 8) & 0xfff,
            (device & 0xff) | ((device >> 12) & 0xfff00),
            inode);
    return holder(Files.readString(LOCKS, StandardCharsets.ISO_8859_1), wanted);
  }

  private static long number(@Nullable Object attribute) {
    return ((Number) Objects.requireNonNull(attribute, "every Unix file has it")).longValue();
  }

  /** Lines of those who wait for it have an arrow in the place of the kind. */
  static Optional<Integer> holder(String locks, String wanted) {
    for (String line : locks.lines().toList()) {
      String[] words = line.strip().split(" +");
      if (words.length > FILE && words[KIND].equals("POSIX") && words[FILE].equals(wanted)) {
        int pid = Integer.parseInt(words[PID]);
        return pid > 0 ? Optional.of(pid) : Optional.empty();
      }
    }
    return Optional.empty();
  }
}
