package dev.godwit.sync.differential;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One thing that differs.
 *
 * @param what a word: exit, item, order, stats, name, mode and so on
 * @param where a path or a number of occurrences
 * @param expected what rsync did
 * @param actual what the candidate did
 */
record Difference(String what, String where, String expected, String actual) {
  private static final Pattern ITEM = Pattern.compile("[<>ch.*][a-zA-Z][a-zA-Z.+? ]{9}");
  private static final Pattern MESSAGE =
      Pattern.compile(
          "^(created [0-9a-z]+|skipping [a-z-]+|cannot delete|ignoring unsafe|deleting|total size"
              + "|sending|not creating|IO error|sender [a-z]+|could not|backed up|building|Number of"
              + " [a-z ]+|Total [a-z ]+|Literal|rsync|WARNING|--?[a-z-]+)|( is uptodate| exists"
              + "| is newer| is over| is under| same contents| before )");
  private static final Pattern WORD = Pattern.compile("(?<![^ ])[a-zA-Z0-9-]+(?![^ ])");

  /** What two differences have in common that probably have one cause. */
  String signature() {
    return switch (what) {
      case "crash" -> what + " " + actual.lines().skip(1).findFirst().orElse(actual);
      case "exit" -> what + " " + word(expected, 0) + " " + word(actual, 0);
      case "item", "line", "stats", "order" ->
          what + " " + printed(expected) + " " + printed(actual);
      case "name" -> what + " " + word(expected, 0) + " " + word(actual, 0);
      case "mtime", "atime" -> what + " " + expected.equals("now") + " " + actual.equals("now");
      case "hard-link" -> what + " " + expected.isEmpty() + " " + actual.isEmpty();
      default -> what;
    };
  }

  /** The letters of an item, the words of a message, nothing of a name. */
  private static String printed(String text) {
    String line = text.replaceFirst("^prints '?", "");
    if (line.equals(text)) {
      return "nothing";
    }
    Matcher item = ITEM.matcher(line);
    if (item.lookingAt()) {
      return item.group();
    }
    Matcher message = MESSAGE.matcher(line);
    return message.find() ? message.group() : "a name";
  }

  private static String word(String text, int index) {
    Matcher words = WORD.matcher(text);
    for (int i = 0; words.find(); i++) {
      if (i == index) {
        return words.group();
      }
    }
    return "";
  }

  @Override
  public String toString() {
    return what
        + (where.isEmpty() ? "" : " " + Shell.word(where))
        + ": rsync "
        + expected
        + ", candidate "
        + actual;
  }
}
