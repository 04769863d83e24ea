package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.mirror.StateTelling.Then;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Extent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a log says of a mirror that cannot go on is true for the command that is running. */
final class StateTellingTest {
  private static String told(MirrorState state, String message, Then then) {
    List<String> lines = new ArrayList<>();
    new StateTelling("m", lines::add, lines::add).tell(status(state, message), then);
    return String.join("\n", lines);
  }

  private static MirrorStatus status(MirrorState state, String message, String... problems) {
    return new MirrorStatus(
        state,
        message,
        0,
        0,
        MirrorStatus.Sight.CLEAR,
        "",
        0,
        Extent.NONE,
        true,
        Counters.NONE,
        Counters.NONE,
        List.of(problems),
        List.of(),
        List.of(),
        Map.of(),
        0,
        Instant.EPOCH);
  }

  @Test
  void what_is_tried_for_days_is_told_once_until_it_was_live() {
    List<String> lines = new ArrayList<>();
    StateTelling telling = new StateTelling("m", lines::add, lines::add);
    for (int turn = 0; turn < 3; turn++) {
      for (int more = 0; more < 5; more++) {
        telling.tell(status(MirrorState.COPYING, ""), Then.STAYS);
        telling.tell(status(MirrorState.RECONNECTING, "in use"), Then.STAYS);
      }
      telling.tell(status(MirrorState.RECONNECTING, "no host"), Then.STAYS);
      telling.tell(status(MirrorState.COPYING, ""), Then.STAYS);
      telling.tell(status(MirrorState.LIVE, ""), Then.STAYS);
      assertThat(lines)
          .containsExactly(
              "m: looks at everything",
              "m: cannot go on, and tries again: in use",
              "m: cannot go on, and tries again: no host",
              "m: live by ");
      lines.clear();
    }
  }

  @Test
  void a_halt_says_how_to_go_on_where_that_is_possible() {
    assertThat(told(MirrorState.HALTED, "it is gone", Then.STAYS))
        .isEqualTo(
            "m: HALTED: it is gone. To go on: `godwit mirror resume m` (with a new root:"
                + " --new-root)");
    assertThat(told(MirrorState.HALTED, "It is gone.", Then.STAYS))
        .contains("gone. To go on")
        .doesNotContain("--any-removals"); // which is of use for one halt, whose message says so
    assertThat(told(MirrorState.HALTED, "too many, see --any-removals", Then.STAYS))
        .endsWith("To go on and remove them: `godwit mirror resume m --any-removals`");
    assertThat(told(MirrorState.HALTED, "it is gone", Then.ONCE))
        .contains("gone. With --once it ends here: run it again")
        .doesNotContain("To go on", "resume");
    assertThat(told(MirrorState.HALTED, "it is to end", Then.ENDS))
        .isEqualTo("m: HALTED: it is to end.");
  }

  @Test
  void what_a_halt_forgets_is_not_told_as_applied() {
    List<String> lines = new ArrayList<>();
    StateTelling telling = new StateTelling("m", lines::add, lines::add);
    telling.tell(status(MirrorState.LIVE, ""), Then.STAYS);
    telling.tell(status(MirrorState.LIVE, "", "a: no room"), Then.STAYS);
    lines.clear();
    telling.tell(status(MirrorState.HALTED, "it is gone"), Then.STAYS);
    telling.tell(status(MirrorState.COPYING, ""), Then.STAYS);
    assertThat(lines).noneMatch(line -> line.contains("was applied now"));
    telling.tell(status(MirrorState.LIVE, ""), Then.STAYS);
    assertThat(lines).endsWith("m: live by ", "m: what could not be applied was applied now");
  }

  @Test
  void what_ends_does_not_try_again() {
    assertThat(told(MirrorState.RECONNECTING, "no host", Then.STAYS))
        .isEqualTo("m: cannot go on, and tries again: no host");
    assertThat(told(MirrorState.RECONNECTING, "no host", Then.ONCE))
        .isEqualTo("m: cannot go on, and ends: no host");
  }
}
