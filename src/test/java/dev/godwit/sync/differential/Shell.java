package dev.godwit.sync.differential;

import java.util.List;

/** Text that a person can paste into bash. */
final class Shell {
  private Shell() {}

  static String words(List<String> words) {
    StringBuilder line = new StringBuilder();
    for (String word : words) {
      line.append(line.isEmpty() ? "" : " ").append(word(word));
    }
    return line.toString();
  }

  /** One word, quoted where it needs to be. */
  static String word(String word) {
    if (!word.isEmpty() && word.chars().allMatch(Shell::isPlain)) {
      return word;
    }
    if (word.chars().allMatch(c -> c >= ' ' && c < 0x7f && c != '\'')) {
      return "'" + word + "'";
    }
    StringBuilder quoted = new StringBuilder("$'");
    for (char c : word.toCharArray()) {
      if (c == '\'' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c >= ' ' && c < 0x7f) {
        quoted.append(c);
      } else {
        quoted.append(String.format("\\%03o", (int) c));
      }
    }
    return quoted.append('\'').toString();
  }

  private static boolean isPlain(int c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || "._/@%+=:,-".indexOf(c) >= 0;
  }
}
