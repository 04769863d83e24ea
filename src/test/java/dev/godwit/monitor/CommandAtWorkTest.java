package dev.godwit.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.journal.JournalLock;
import dev.godwit.linux.ProcessTable;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a status says of the command that has the move. */
final class CommandAtWorkTest {
  private static final String WORDS = "`godwit cutover`, process 17, since 2026-03-01T02:00:00Z";

  private static JournalLock.Holder holder(String words, ProcessTable.Stopped... stopped) {
    return new JournalLock.Holder(
        17, words, stopped.length == 0 ? Optional.empty() : Optional.of(stopped[0]));
  }

  private static ProcessTable.Stopped stopped(boolean isTraced) {
    return new ProcessTable.Stopped(new ProcessTable.Entry(17, 4711), isTraced);
  }

  @Test
  void a_command_that_is_at_work_comes_before_all_that_could_come_next() {
    assertThat(MoveStatus.atWork(holder(WORDS)))
        .isEqualTo("Next: a command is at work, " + WORDS + ": wait for it to end.");
    assertThat(MoveStatus.atWork(holder("")))
        .isEqualTo("Next: a command is at work, process 17: wait for it to end.");
    assertThat(MoveStatus.stopped(holder(WORDS))).isEmpty();
  }

  @Test
  void one_that_is_stopped_is_a_problem_with_what_lets_it_go_on() {
    assertThat(MoveStatus.stopped(holder(WORDS, stopped(false))).orElseThrow())
        .startsWith(WORDS + ": it is stopped (Ctrl-Z, or SIGSTOP)")
        .contains("`fg` where it was typed, or kill -CONT 17", "kill -KILL 17");
    assertThat(MoveStatus.stopped(holder(WORDS, stopped(true))).orElseThrow())
        .contains("a debugger has stopped it", "kill -KILL 17")
        .doesNotContain("CONT");
    assertThat(MoveStatus.atWork(holder(WORDS, stopped(false)))).doesNotContain("wait");
  }
}
