package dev.godwit.lsyncd;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Tells a configuration of lsyncd from one in YAML. */
public final class LsyncdText {
  /** A call at the beginning of a line: in YAML a word is followed by a colon. */
  private static final Pattern CALL =
      Pattern.compile("(?m)^\\s*(settings|sync)\\s*(=\\s*)?[({]|^\\s*--|^\\s*local\\s+\\w");

  private static final Pattern MIRRORS = Pattern.compile("(?m)^mirrors\\s*:");

  private LsyncdText() {}

  /** Whether a configuration is lsyncd's. */
  public static boolean isLsyncd(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    return CALL.matcher(text).find() && !MIRRORS.matcher(text).find();
  }
}
