package dev.godwit.sync.rules;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Numbers in options, as rsync(1) takes them. */
final class Numbers {
  /** Thrown for a text that is no number; the message says so after the option's name. */
  static final class NumberException extends Exception {
    private static final long serialVersionUID = 1;

    NumberException(String message) {
      super(message);
    }
  }

  private static final String UNITS = "bkmgtp";

  private Numbers() {}

  /**
   * A size: digits, perhaps a fraction, perhaps a unit (K, KiB: 1024; KB: 1000; up to P), perhaps
   * +1 or -1. An empty text is 0.
   *
   * @param unit what is meant without a unit, in bytes
   */
  static long size(byte[] value, long unit) throws NumberException {
    String text = new String(value, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    int digits = 0;
    while (digits < text.length()
        && (Character.digit(text.charAt(digits), 10) >= 0 || text.charAt(digits) == '.')) {
      digits++;
    }
    String number = text.substring(0, digits);
    String rest = text.substring(digits);
    long multiplier = unit;
    int power = rest.isEmpty() ? -1 : UNITS.indexOf(rest.charAt(0));
    if (power >= 0) {
      long base = 1024;
      if (rest.startsWith("ib", 1)) {
        rest = rest.substring(3);
      } else if (rest.startsWith("b", 1)) {
        base = 1000;
        rest = rest.substring(2);
      } else {
        rest = rest.substring(1);
      }
      multiplier = power(base, power);
    }
    long offset = 0;
    if (rest.equals("+1") || rest.equals("-1")) {
      offset = rest.charAt(0) == '+' ? 1 : -1;
      rest = "";
    }
    if (!rest.isEmpty()) {
      // A bare minus and digits is a number below zero, for which rsync has other words.
      throw new NumberException(
          number.isEmpty() && rest.matches("-[0-9]+") ? "is less than nothing" : "is no size");
    }
    long bytes = multiply(number, multiplier) + offset;
    if (bytes < 0) {
      throw new NumberException(offset < 0 ? "is less than nothing" : "is too large");
    }
    return bytes;
  }

  private static long multiply(String number, long multiplier) throws NumberException {
    if (number.isEmpty() || number.equals(".")) {
      return 0;
    }
    try {
      BigDecimal bytes = new BigDecimal(number).multiply(BigDecimal.valueOf(multiplier));
      if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE - 1)) > 0) {
        throw new NumberException("is too large");
      }
      return bytes.setScale(0, RoundingMode.DOWN).longValueExact();
    } catch (NumberFormatException e) {
      throw new NumberException("is no size"); // two points
    }
  }

  private static long power(long base, int exponent) {
    long result = 1;
    for (int i = 0; i < exponent; i++) {
      result *= base;
    }
    return result;
  }

  /** A whole number as strtol(3) takes it: also hexadecimal (0x) and octal (0). Empty is 0. */
  static int integer(byte[] value) throws NumberException {
    String text = new String(value, StandardCharsets.ISO_8859_1).stripLeading();
    if (text.isEmpty()) {
      return 0;
    }
    long number;
    try {
      number = Long.decode(text);
    } catch (NumberFormatException e) {
      throw new NumberException(text.matches("[+-]?[0-9]+") ? "is too large" : "is no number");
    }
    if (number != (int) number) {
      throw new NumberException("is too large");
    }
    return (int) number;
  }
}
