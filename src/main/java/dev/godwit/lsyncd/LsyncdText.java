package dev.godwit.lsyncd;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Tells a configuration of lsyncd from one in YAML. */
public final class LsyncdText {
  /** A call at the beginning of a line: in YAML a word is followed by a colon. */
  private static final Pattern CALL =
      Pattern.compile("(?m)^\\s*(settings|sync)\\s*(=\\s*)?[({]|^\\s*--|^\\s*local\\s+\\w");

  private static final Pattern MIRRORS = Pattern.compile("(?m)^mirrors\\s*:");

  private static final Pattern ANY_CALL = Pattern.compile("\\b(settings|sync)\\s*[({]");

  private LsyncdText() {}

  /** Whether one that is not YAML either may be lsyncd's. */
  public static boolean isPerhapsLsyncd(byte[] content) {
    return ANY_CALL.matcher(new String(content, StandardCharsets.ISO_8859_1)).find();
  }

  /** Whether a configuration is lsyncd's. */
  public static boolean isLsyncd(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    return CALL.matcher(text).find() && !MIRRORS.matcher(text).find();
  }
}
