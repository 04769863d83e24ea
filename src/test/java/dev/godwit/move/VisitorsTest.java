package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.gate.GateStatus;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who still comes, in a refusal. */
final class VisitorsTest {
  private static GateStatus gate(int visitors) {
    List<GateStatus.Visitor> all =
        IntStream.range(0, visitors)
            .mapToObj(i -> new GateStatus.Visitor("192.0.2." + i, i * 1_000L + 900, 3))
            .toList();
    return new GateStatus(
        GateStatus.Mode.RELEASED,
        1,
        0,
        "",
        0,
        0,
        List.of(),
        List.of(),
        all,
        "",
        0,
        List.of(),
        true);
  }

  @Test
  void the_last_ones_are_named_with_when_they_came() {
    assertThat(Visitors.words(gate(0))).isEmpty();
    assertThat(Visitors.words(gate(2)))
        .isEqualTo("; the last were 192.0.2.0 (0 s ago), 192.0.2.1 (1 s ago)");
    assertThat(Visitors.words(gate(7)))
        .endsWith("192.0.2.4 (4 s ago), and 2 more, which godwit status --json has")
        .doesNotContain("192.0.2.5");
  }
}
