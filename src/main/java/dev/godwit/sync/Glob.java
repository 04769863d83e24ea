package dev.godwit.sync;

/**
 * Matches bytes against a pattern with {@code *}, {@code **}, {@code ?}, {@code [a-z]}, {@code \}.
 */
final class Glob {
  private Glob() {}

  /**
   * Takes time in proportion to both lengths at most, whatever the pattern: it remembers only the
   * last {@code *} and the last {@code **}, which is enough because an earlier one cannot do
   * better.
   */
  static boolean matches(byte[] pattern, byte[] text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int starText = 0;
    int doubleStar = -1;
    int doubleStarText = 0;
    while (t < text.length || p < pattern.length) {
      if (p < pattern.length) {
        if (pattern[p] == '*') {
          if (p + 1 < pattern.length && pattern[p + 1] == '*') {
            while (p < pattern.length && pattern[p] == '*') {
              p++;
            }
            doubleStar = p;
            doubleStarText = t;
            star = -1;
          } else {
            p++;
            star = p;
            starText = t;
          }
          continue;
        }
        if (t < text.length) {
          int next = one(pattern, p, text[t]);
          if (next > 0) {
            p = next;
            t++;
            continue;
          }
        }
      }
      if (star >= 0 && starText < text.length && text[starText] != '/') {
        starText++;
        t = starText;
        p = star;
      } else if (doubleStar >= 0 && doubleStarText < text.length) {
        doubleStarText++;
        t = doubleStarText;
        p = doubleStar;
        star = -1;
      } else {
        return false;
      }
    }
    return true;
  }

  /** Where the pattern goes on after matching one byte; 0 when it does not match. */
  private static int one(byte[] pattern, int p, byte c) {
    switch (pattern[p]) {
      case '?':
        return c == '/' ? 0 : p + 1;
      case '\\':
        if (p + 1 < pattern.length) {
          return pattern[p + 1] == c ? p + 2 : 0;
        }
        return c == '\\' ? p + 1 : 0;
      case '[':
        return set(pattern, p, c);
      default:
        return pattern[p] == c ? p + 1 : 0;
    }
  }

  private static int set(byte[] pattern, int start, byte c) {
    int p = start + 1;
    boolean negated = p < pattern.length && (pattern[p] == '!' || pattern[p] == '^');
    if (negated) {
      p++;
    }
    boolean found = false;
    int first = p;
    while (p < pattern.length && (pattern[p] != ']' || p == first)) {
      if (p + 2 < pattern.length && pattern[p + 1] == '-' && pattern[p + 2] != ']') {
        found |= (c & 0xff) >= (pattern[p] & 0xff) && (c & 0xff) <= (pattern[p + 2] & 0xff);
        p += 3;
      } else {
        found |= pattern[p] == c;
        p++;
      }
    }
    if (p >= pattern.length) { // no closing bracket: an ordinary character
      return c == '[' ? start + 1 : 0;
    }
    return found != negated && c != '/' ? p + 1 : 0;
  }
}
