package dev.godwit.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** What is mounted where, as this process sees it (proc_pid_mountinfo(5)). */
public final class Mounts {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final int POINT_FIELD = 4;

  private Mounts() {}

  /**
   * The places below a directory where something is mounted.
   *
   * @param directory absolute, without symbolic links, one char a byte (ISO 8859-1)
   * @return relative to the directory, without a slash at either end, in the same form
   */
  public static Set<String> below(String directory) throws IOException {
    Set<String> below = new TreeSet<>();
    String prefix = directory.endsWith("/") ? directory : directory + "/";
    for (String line : Files.readString(MOUNTINFO, StandardCharsets.ISO_8859_1).split("\n")) {
      String[] fields = line.split(" ", POINT_FIELD + 2);
      if (fields.length > POINT_FIELD + 1) {
        String point = unescaped(fields[POINT_FIELD]);
        if (point.startsWith(prefix) && point.length() > prefix.length()) {
          below.add(point.substring(prefix.length()));
        }
      }
    }
    return below;
  }

  /** The kernel writes space, tab, newline and backslash as three octal digits. */
  static String unescaped(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && isOctal(field, i + 1)) {
        text.append((char) Integer.parseInt(field, i + 1, i + 4, 8));
        i += 3;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static boolean isOctal(String field, int from) {
    return from + 3 <= field.length()
        && field.substring(from, from + 3).chars().allMatch(c -> c >= '0' && c <= '7');
  }
}
