package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.journal.Journal;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a hold is kept for the way back, so that clients wait no longer than the hold. */
final class WayBackTimeTest {
  private static final Duration HOLD = Duration.ofSeconds(10);

  @TempDir Path folder;

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  private static void record(Journal journal, Run run, CutoverStep step, Outcome outcome, long took)
      throws Exception {
    journal.conclude(journal.intend(run, step.word(), ""), outcome, took * 1000, "");
  }

  @Test
  void h50_a_quarter_is_kept_where_nothing_is_known() throws Exception {
    try (Journal journal = Journal.open(folder.resolve("journal"), Clock.systemUTC())) {
      assertThat(WayBackTime.kept(journal, Direction.TO_NEW, HOLD)).isEqualTo(millis(2500));
    }
  }

  @Test
  void h50_what_the_way_back_took_the_last_time_is_kept() throws Exception {
    try (Journal journal = Journal.open(folder.resolve("journal"), Clock.systemUTC())) {
      Run rehearsal = journal.begin(Rehearsal.COMMAND, 1);
      record(journal, rehearsal, CutoverStep.START, Outcome.DONE, 300);
      record(journal, rehearsal, CutoverStep.STOP, Outcome.DONE, 200);
      assertThat(WayBackTime.kept(journal, Direction.TO_NEW, HOLD)).isEqualTo(millis(1500));
      Run rollback = journal.begin(Direction.TO_OLD.command(), 2);
      record(journal, rollback, CutoverStep.STOP, Outcome.DONE, 600);
      record(journal, rollback, CutoverStep.START, Outcome.DONE, 500);
      Run failed = journal.begin(Direction.TO_OLD.command(), 3);
      record(journal, failed, CutoverStep.STOP, Outcome.DONE, 10);
      record(journal, failed, CutoverStep.START, Outcome.FAILED, 9000);
      assertThat(WayBackTime.kept(journal, Direction.TO_NEW, HOLD)).isEqualTo(millis(2100));
    }
  }

  @Test
  void what_goes_as_it_was_rehearsed_is_not_taken_back_for_it() {
    Optional<Duration> slow = Optional.of(millis(5000));
    assertThat(WayBackTime.kept(slow, Optional.of(millis(1000)), HOLD)).isEqualTo(millis(4500));
    assertThat(WayBackTime.kept(slow, Optional.of(millis(9000)), HOLD)).isEqualTo(millis(500));
    assertThat(WayBackTime.kept(slow, Optional.of(millis(11_000)), HOLD)).isZero();
    assertThat(WayBackTime.kept(slow, Optional.empty(), HOLD)).isEqualTo(millis(2500));
  }
}
