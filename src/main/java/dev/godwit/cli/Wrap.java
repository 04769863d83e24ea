package dev.godwit.cli;

/** Breaks lines between words for a terminal; elsewhere a line stays one, for grep. */
public final class Wrap {
  private Wrap() {}

  /**
   * The text in lines of at most {@code width} columns; a word that is longer stays whole.
   *
   * @param text one line
   * @param indent of the second line and the ones after it, in blanks
   */
  public static String at(int width, int indent, String text) {
    StringBuilder result = new StringBuilder();
    int lineStart = 0;
    int lastBlank = -1;
    int column = 0;
    for (int i = 0; i < text.length(); i++) {
      column++;
      if (text.charAt(i) == ' ' && !text.substring(lineStart, i).isBlank()) {
        lastBlank = i;
      }
      if (column > width && lastBlank > lineStart) {
        result.append(text, lineStart, lastBlank).append('\n').append(" ".repeat(indent));
        lineStart = lastBlank + 1;
        column = indent + i - lastBlank;
        lastBlank = -1;
      }
    }
    return result.append(text, lineStart, text.length()).toString();
  }
}
