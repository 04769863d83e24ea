package dev.godwit.lsyncd;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Tells a configuration of lsyncd from one in YAML. */
public final class LsyncdText {
  /**
   * A call, but not in a comment of YAML, or what a line of Lua begins with: in YAML a word is
   * followed by a colon.
   */
  private static final Pattern CALL =
      Pattern.compile(
          "(?m)^(?!\\s*#)(?:(?!\\s#\\s)[^\\n])*\\b(settings|sync)\\s*[({]"
              + "|^\\s*settings\\s*=\\s*\\{|^\\s*--|^\\s*local\\s+\\w");

  private static final Pattern MIRRORS = Pattern.compile("(?m)^mirrors\\s*:");

  private LsyncdText() {}

  /** Whether a configuration is lsyncd's. */
  public static boolean isLsyncd(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    return CALL.matcher(text).find() && !MIRRORS.matcher(text).find();
  }
}
