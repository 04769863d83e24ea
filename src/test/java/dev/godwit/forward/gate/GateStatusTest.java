package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.GroupMode;
import dev.godwit.forward.relay.Count;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a gate and a landing say of themselves arrives as it was said. */
final class GateStatusTest {
  /** Whose relay has met errors, as after the other host's landing has died. */
  private static final Map<String, Long> ERRORS =
      new TreeMap<>(Map.of("refused", 3L, "reset", 1L, "timed out", 7L));

  @Test
  void a_gate_that_has_met_errors_is_read() throws Exception {
    GateStatus said =
        new GateStatus(
            GateStatus.Mode.RELEASED,
            7,
            0,
            "",
            1234,
            2,
            List.of(
                new GateStatus.Group(
                    "web",
                    List.of(80, 443),
                    List.of(),
                    GroupMode.DRAIN,
                    0,
                    2,
                    3,
                    0,
                    91,
                    1,
                    1_234_567,
                    ERRORS,
                    0,
                    9)),
            List.of(new GateStatus.Hold(1, 2, "released", 4, 5)),
            List.of(new GateStatus.Visitor("192.0.2.1", 3, 4)),
            "look-up",
            0,
            List.of(new GateStatus.Death(5, 6, 7)),
            true);
    MessageWriter out = new MessageWriter();
    said.write(out);
    assertThat(GateStatus.read(new MessageReader(out.toBytes()))).isEqualTo(said);
  }

  @Test
  void when_somebody_last_came_is_told_as_time_that_has_passed_and_by_the_latest_of_all_groups() {
    assertThat(released(-1, -1).sinceLastConnection()).isEmpty();
    assertThat(released(-1, -1).summary()).doesNotContain("the last came");
    assertThat(released(90_000, -1, 7_400).sinceLastConnection())
        .contains(Duration.ofMillis(7_400));
    assertThat(released(90_000, -1, 7_400).summary()).contains("the last came 7 s ago");
  }

  @Test
  void a_count_tells_how_long_ago_one_came() {
    Count count = new Count();
    assertThat(count.sinceLastMillis()).isEqualTo(-1);
    long before = System.nanoTime();
    count.come();
    long since = count.sinceLastMillis();
    assertThat(since).isBetween(0L, (System.nanoTime() - before) / 1_000_000);
    assertThat(count.total.sum()).isEqualTo(1);
  }

  private static GateStatus released(long... since) {
    List<GateStatus.Group> groups =
        Arrays.stream(since)
            .mapToObj(
                millis ->
                    new GateStatus.Group(
                        "g",
                        List.of(80),
                        List.of(),
                        GroupMode.PASS,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        Map.of(),
                        0,
                        millis))
            .toList();
    return new GateStatus(
        GateStatus.Mode.RELEASED,
        7,
        0,
        "",
        0,
        0,
        groups,
        List.of(),
        List.of(),
        "look-up",
        0,
        List.of(),
        true);
  }

  @Test
  void counts_are_read() throws Exception {
    MessageWriter out = new MessageWriter();
    Count.write(out, ERRORS);
    assertThat(Count.read(new MessageReader(out.toBytes()))).isEqualTo(ERRORS);
  }
}
