package dev.godwit.cli.sync;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Numbers in the forms of {@code --human-readable}: 0 plain, 1 with commas, 2 in units of 1000, 3
 * in units of 1024.
 */
final class Figures {
  private static final String UNITS = "KMGTP";

  private Figures() {}

  static void number(ByteText to, long number, int human) {
    if (human >= 2 && inUnits(to, number, human)) {
      return;
    }
    if (human == 0) {
      to.add(number);
    } else {
      to.add(withCommas(Long.toString(number)));
    }
  }

  /** With two digits behind the point. */
  static void decimal(ByteText to, double number, int human) {
    if (human >= 2 && inUnits(to, number, human)) {
      return;
    }
    String text = twoDigits(number);
    to.add(human == 0 ? text : withCommas(text));
  }

  /** False when the number is below the first unit. */
  private static boolean inUnits(ByteText to, double number, int human) {
    double base = human == 2 ? 1000 : 1024;
    double unit = base;
    if (number < base) {
      return false;
    }
    int at = 0;
    while (at < UNITS.length() - 1 && number >= unit * base) {
      unit *= base;
      at++;
    }
    to.add(twoDigits(number / unit)).add((byte) UNITS.charAt(at));
    return true;
  }

  /** As printf(3) rounds. */
  static String twoDigits(double number) {
    return new BigDecimal(number).setScale(2, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String withCommas(String digits) {
    int end = digits.indexOf('.');
    if (end < 0) {
      end = digits.length();
    }
    int first = digits.startsWith("-") ? 1 : 0;
    if (end - first <= 3) {
      return digits;
    }
    StringBuilder text = new StringBuilder(digits);
    for (int i = end - 3; i > first; i -= 3) {
      text.insert(i, ',');
    }
    return text.toString();
  }
}
