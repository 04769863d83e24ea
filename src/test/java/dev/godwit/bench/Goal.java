package dev.godwit.bench;

import java.util.Locale;

/** What a row wants of the candidate, by the medians of its runs. */
sealed interface Goal {
  String MET = "yes";

  /** The other program's time is at least so many times the candidate's. */
  record TimesFaster(double times, String than) implements Goal {}

  /** The candidate's time is at most so many times that of the other. */
  record TimesSlowerAtMost(double times, String than) implements Goal {}

  /** The candidate's bytes on the wire are at most this share of the other's. */
  record WireShare(double share, String of) implements Goal {}

  /** The candidate's bytes on the wire are at most so many. */
  record WireMegabytes(double megabytes) implements Goal {}

  /** The candidate's resident memory, both ends together, is at most so much. */
  record MemoryMegabytes(double megabytes) implements Goal {}

  default String text() {
    return switch (this) {
      case TimesFaster(double times, String than) ->
          "%s x as fast as %s".formatted(number(times), than);
      case TimesSlowerAtMost(double times, String than) ->
          "%s x the time of %s".formatted(number(times), than);
      case WireShare(double share, String of) ->
          share == 1 ? "no more bytes than " + of : "%s of %s's bytes".formatted(number(share), of);
      case WireMegabytes(double megabytes) -> "%s MB on the wire".formatted(number(megabytes));
      case MemoryMegabytes(double megabytes) -> "%s MB of memory".formatted(number(megabytes));
    };
  }

  /** The measured figure that is compared with {@link #bound}; NaN when a program did not run. */
  default double figure(RowResult result) {
    String candidate = result.candidate();
    return switch (this) {
      case TimesFaster(double times, String than) -> result.wallRatio(than, candidate).median();
      case TimesSlowerAtMost(double times, String than) ->
          result.wallRatio(candidate, than).median();
      case WireShare(double share, String of) ->
          result.wire_bytes(candidate).median() / result.wire_bytes(of).median();
      case WireMegabytes(double megabytes) -> result.wire_bytes(candidate).median() / 1e6;
      case MemoryMegabytes(double megabytes) -> result.memory_bytes(candidate).median() / 1e6;
    };
  }

  default double bound() {
    return switch (this) {
      case TimesFaster(double times, String than) -> times;
      case TimesSlowerAtMost(double times, String than) -> times;
      case WireShare(double share, String of) -> share;
      case WireMegabytes(double megabytes) -> megabytes;
      case MemoryMegabytes(double megabytes) -> megabytes;
    };
  }

  /** Whether the candidate met it; false when it did not run, or its result was not equal. */
  default boolean isMet(RowResult result) {
    double figure = figure(result);
    if (Double.isNaN(figure) || result.hasProblems(result.candidate())) {
      return false;
    }
    return this instanceof TimesFaster ? figure >= bound() : figure <= bound();
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%s", value);
  }
}
