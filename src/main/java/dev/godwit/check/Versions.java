package dev.godwit.check;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order of Debian's versions, as deb-version(7) tells it: the epoch first, then parts that are
 * not digits and numbers in turn; a tilde comes before everything, even the end.
 */
final class Versions {
  private static final Pattern PART = Pattern.compile("([^0-9]*)([0-9]*)");

  private Versions() {}

  static boolean isOlder(String version, String than) {
    return compare(version, than) < 0;
  }

  static int compare(String one, String two) {
    int epochs = epoch(one).compareTo(epoch(two));
    if (epochs != 0) {
      return epochs;
    }
    String a = one.substring(one.indexOf(':') + 1);
    String b = two.substring(two.indexOf(':') + 1);
    Matcher left = PART.matcher(a);
    Matcher right = PART.matcher(b);
    int from = 0;
    int other = 0;
    while (from < a.length() || other < b.length()) {
      boolean isLeft = left.find(from) && from < a.length();
      boolean isRight = right.find(other) && other < b.length();
      int words = words(isLeft ? left.group(1) : "", isRight ? right.group(1) : "");
      if (words != 0) {
        return words;
      }
      int numbers =
          number(isLeft ? left.group(2) : "").compareTo(number(isRight ? right.group(2) : ""));
      if (numbers != 0) {
        return numbers;
      }
      from = isLeft ? left.end() : from;
      other = isRight ? right.end() : other;
    }
    return 0;
  }

  private static BigInteger epoch(String version) {
    int colon = version.indexOf(':');
    String epoch = colon < 0 ? "" : version.substring(0, colon);
    return number(epoch.matches("[0-9]*") ? epoch : "");
  }

  private static BigInteger number(String digits) {
    return digits.isEmpty() ? BigInteger.ZERO : new BigInteger(digits);
  }

  private static int words(String one, String two) {
    for (int i = 0; i < Math.max(one.length(), two.length()); i++) {
      int order = Integer.compare(rank(one, i), rank(two, i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  /** A tilde, then the end, then letters, then all else. */
  private static int rank(String text, int index) {
    if (index >= text.length()) {
      return 0;
    }
    char c = text.charAt(index);
    return c == '~' ? -1 : Character.isLetter(c) ? c : c + 0x10000;
  }
}
