package dev.godwit.move;

import dev.godwit.forward.gate.GateStatus;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Who has come to a gate, for people. */
final class Visitors {
  /** Who came last; {@code status --json} has all of them. */
  private static final int NAMED_MAX = 5;

  private Visitors() {}

  /** Begins with "; " where somebody has. */
  static String words(GateStatus gate) {
    List<GateStatus.Visitor> all = gate.visitors();
    if (all.isEmpty()) {
      return "";
    }
    List<GateStatus.Visitor> named = all.subList(0, Math.min(NAMED_MAX, all.size()));
    return "; the last were %s%s"
        .formatted(
            named.stream().map(Visitors::words).collect(Collectors.joining(", ")),
            all.size() > NAMED_MAX
                ? ", and %d more, which godwit status --json has".formatted(all.size() - NAMED_MAX)
                : "");
  }

  private static String words(GateStatus.Visitor one) {
    long seconds = Duration.ofMillis(one.sinceMillis()).toSeconds();
    return "%s (%d s ago)".formatted(one.address(), seconds);
  }
}
