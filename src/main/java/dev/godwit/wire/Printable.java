package dev.godwit.wire;

import dev.godwit.linux.Names;

/**
 * Makes text that came from outside fit for a terminal and a log line (H46): control characters and
 * those that change the direction of writing become visible escapes; line ends and tabs stay.
 */
public final class Printable {
  private Printable() {}

  /**
   * The text with escapes in place of what is not fit.
   *
   * @param charsMax longer text is cut, with a mark that says so
   */
  public static String text(String text, int charsMax) {
    StringBuilder shown = new StringBuilder(Math.min(text.length(), charsMax));
    for (int i = 0; i < text.length(); ) {
      if (shown.length() >= charsMax) {
        return shown.append("…").toString();
      }
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\n' || c == '\t' || Names.isShown(c)) {
        shown.appendCodePoint(c);
      } else {
        shown.append(String.format(c < 0x100 ? "\\x%02x" : "\\u%04x", c));
      }
    }
    return shown.toString();
  }

  /** As {@link #text}, on one line: line ends become {@code "; "}. */
  public static String line(String text, int charsMax) {
    return text(text.strip().replaceAll("[\\r\\n]+", "; ").replace('\t', ' '), charsMax);
  }
}
