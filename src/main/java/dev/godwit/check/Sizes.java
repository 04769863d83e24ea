package dev.godwit.check;

import java.util.Locale;

/** Amounts of bytes for people, in powers of 1024. */
final class Sizes {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB"};

  private Sizes() {}

  static String text(long bytes) {
    if (bytes < 1024) {
      return bytes + " bytes";
    }
    double amount = bytes;
    int unit = -1;
    while (amount >= 1024 && unit + 1 < UNITS.length) {
      amount /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", amount, UNITS[unit]);
  }
}
