package dev.godwit.cli;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Numbers as people read them; three digits are enough to see where something goes. */
final class Amounts {
  private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB");

  private Amounts() {}

  /** {@code 512 B}, {@code 1.5 KiB}, {@code 20.1 GiB}. */
  static String bytes(double bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1000 && unit < UNITS.size() - 1) {
      value /= 1024;
      unit++;
    }
    String format = unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s";
    return String.format(Locale.ROOT, format, value, UNITS.get(unit));
  }

  /** {@code 20,000}. */
  static String count(double count) {
    return String.format(Locale.ROOT, "%,d", Math.round(count));
  }

  /** {@code 1 name}, {@code 20,000 names}. */
  static String count(double count, String one, String many) {
    return count(count) + " " + (Math.round(count) == 1 ? one : many);
  }

  /** {@code 850 ms}, {@code 12 s}, {@code 3 min 20 s}, {@code 2 h 5 min}. */
  static String duration(Duration duration) {
    if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
      return duration.toMillis() + " ms";
    }
    if (duration.compareTo(Duration.ofMinutes(1)) < 0) {
      return duration.toSeconds() + " s";
    }
    if (duration.compareTo(Duration.ofHours(1)) < 0) {
      return duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
    }
    return duration.toHours() + " h " + duration.toMinutesPart() + " min";
  }
}
