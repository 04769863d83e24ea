package dev.godwit.bench;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a row wants of a figure of the candidate.
 *
 * @param bound compared with the median of {@link #measured}
 * @param others labels of relays; the best of them counts
 */
record RelayGoal(RelayLoad.Figure figure, Kind kind, double bound, List<String> others) {
  /** What is compared with the bound. */
  enum Kind {
    /** The figure. */
    PLAIN,
    /** The figure divided by that of the best of the others. */
    TIMES,
    /** The figure less that of the best of the others. */
    ADDED
  }

  static RelayGoal times(RelayLoad.Figure figure, double bound, String... others) {
    return new RelayGoal(figure, Kind.TIMES, bound, List.of(others));
  }

  static RelayGoal added(RelayLoad.Figure figure, double bound, String other) {
    return new RelayGoal(figure, Kind.ADDED, bound, List.of(other));
  }

  static RelayGoal plain(RelayLoad.Figure figure, double bound) {
    return new RelayGoal(figure, Kind.PLAIN, bound, List.of());
  }

  String text() {
    String number =
        bound == Math.rint(bound)
            ? Long.toString((long) bound)
            : String.format(Locale.ROOT, "%s", bound);
    String least = figure.more() ? "at least " : "at most ";
    String of = others.size() == 1 ? others.getFirst() : "the best of " + String.join(", ", others);
    return switch (kind) {
      case PLAIN -> least + number;
      case TIMES -> least + number + " x " + of;
      case ADDED -> least + number + " more than " + of;
    };
  }

  /** Round by round; of no round when something that it needs did not run. */
  Spread measured(RelayResult result) {
    return switch (kind) {
      case PLAIN -> result.figure(Relayers.CANDIDATE, figure.name());
      case TIMES -> result.compared(figure, Relayers.CANDIDATE, others, (a, b) -> a / b);
      case ADDED -> result.compared(figure, Relayers.CANDIDATE, others, (a, b) -> a - b);
    };
  }

  /** False when something that it needs did not run, or the candidate failed. */
  boolean isMet(RelayResult result) {
    double median = measured(result).median();
    if (Double.isNaN(median) || !result.problems(Relayers.CANDIDATE).isEmpty()) {
      return false;
    }
    return figure.more() ? median >= bound : median <= bound;
  }

  /** What the goals of a row say of one figure. */
  static @Nullable RelayGoal of(RelayRow row, RelayLoad.Figure figure) {
    return row.goals().stream().filter(g -> g.figure().equals(figure)).findFirst().orElse(null);
  }
}
