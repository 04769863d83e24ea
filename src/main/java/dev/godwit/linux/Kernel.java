package dev.godwit.linux;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which Linux this is. */
final class Kernel {
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

  private Kernel() {}

  /** Whether its release, as uname(2) has it, is this one or a later one. */
  static boolean isAtLeast(int major, int minor) {
    return isAtLeast(System.getProperty("os.version", ""), major, minor);
  }

  static boolean isAtLeast(String release, int major, int minor) {
    Matcher matcher = RELEASE.matcher(release);
    if (!matcher.matches()) {
      return false;
    }
    int thisMajor = Integer.parseInt(matcher.group(1));
    return thisMajor > major || thisMajor == major && Integer.parseInt(matcher.group(2)) >= minor;
  }
}
