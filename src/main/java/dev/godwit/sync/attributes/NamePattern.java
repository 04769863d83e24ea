package dev.godwit.sync.attributes;

/**
 * Patterns for names of accounts: {@code *}, {@code ?}, {@code [a-z]}, {@code [!a-z]}, {@code \} in
 * front of one that stands for itself. A set that is not closed makes a pattern that fits nothing.
 */
final class NamePattern {
  private NamePattern() {}

  static boolean isPattern(String text) {
    return text.indexOf('*') >= 0 || text.indexOf('?') >= 0 || text.indexOf('[') >= 0;
  }

  /** Takes time in proportion to both lengths: only the last star is ever gone back to. */
  static boolean matches(String pattern, String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int starName = 0;
    while (n < name.length() || p < pattern.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = ++p;
        starName = n;
        continue;
      }
      int next = p < pattern.length() && n < name.length() ? one(pattern, p, name.charAt(n)) : -1;
      if (next > 0) {
        p = next;
        n++;
      } else if (star >= 0 && starName < name.length()) {
        n = ++starName;
        p = star;
      } else {
        return false;
      }
    }
    return true;
  }

  /**
   * Where the pattern goes on when its element at {@code p} fits the letter; -1 when it does not.
   */
  private static int one(String pattern, int p, char letter) {
    char c = pattern.charAt(p);
    if (c == '?') {
      return p + 1;
    }
    if (c == '[') {
      return set(pattern, p + 1, letter);
    }
    if (c == '\\' && p + 1 < pattern.length()) {
      return pattern.charAt(p + 1) == letter ? p + 2 : -1;
    }
    return c == letter ? p + 1 : -1;
  }

  private static int set(String pattern, int from, char letter) {
    int at = from;
    boolean negated = at < pattern.length() && "!^".indexOf(pattern.charAt(at)) >= 0;
    if (negated) {
      at++;
    }
    boolean found = false;
    for (int first = at; at < pattern.length(); at++) {
      char low = pattern.charAt(at);
      if (low == ']' && at > first) {
        return found != negated ? at + 1 : -1;
      }
      char high = low;
      if (at + 2 < pattern.length()
          && pattern.charAt(at + 1) == '-'
          && pattern.charAt(at + 2) != ']') {
        high = pattern.charAt(at + 2);
        at += 2;
      }
      found |= low <= letter && letter <= high;
    }
    return -1;
  }
}
