package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.journal.Journal;
import dev.godwit.move.Direction;
import dev.godwit.move.Move;
import dev.godwit.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A rollback heeds its rehearsal, as a cut-over does its own; neither host need answer for that.
 */
final class ConsideredRehearsalTest {
  @TempDir private Path folder;
  private final TestingTerminal terminal = TestingTerminal.file();
  private Path plan = Path.of("");

  @BeforeEach
  void plan() throws Exception {
    plan = folder.resolve("move.yaml");
    Files.writeString(
        plan,
        """
        move: mail
        old: root@old.invalid
        new: local
        files: [/var/vmail]
        services:
          - { name: mail, unit: mail.service, ports: [143] }
        limits: { hold: 5s }
        """);
  }

  private void journal(String phase, String fact, String rehearsed) throws Exception {
    try (Journal journal = Journal.open(Move.journalFile(Plan.read(plan)), Clock.systemUTC())) {
      journal.setFact("phase", phase);
      journal.setFact(fact, rehearsed);
    }
  }

  private String said(int exit, String... words) {
    assertThat(Godwit.run(terminal.terminal(), words)).as(terminal.err()).isEqualTo(exit);
    return terminal.err();
  }

  @Test
  void a_rollback_that_is_to_hold_longer_than_the_plan_allows_is_refused() throws Exception {
    journal("new-serves", "rehearsed-rollback", "1700000000000 9000 0011223344556677 ");
    assertThat(said(5, "rollback", "--yes", plan.toString()))
        .contains(
            "the rehearsal of 2023-11-14T22:13:20Z predicts a hold of 9000 ms, and the plan allows 5000 ms",
            "Not done; new serves as before",
            "or go back all the same: --despite-rehearsal");
  }

  @Test
  void a_rollback_whose_rehearsal_failed_is_refused() throws Exception {
    journal("new-serves", "rehearsed-rollback", "1700000000000 0 0011223344556677 mail: no");
    assertThat(said(5, "rollback", "--yes", plan.toString()))
        .contains("the rehearsal of 2023-11-14T22:13:20Z failed: mail: no");
  }

  @Test
  void what_was_rehearsed_of_the_other_direction_says_nothing_of_this_one() throws Exception {
    journal("following", "rehearsed-rollback", "1700000000000 9000 0011223344556677 ");
    ConsideredRehearsal considered = new ConsideredRehearsal();
    Plan read = Plan.read(plan);
    assertThat(considered.consider(read, Direction.TO_NEW, terminal.terminal())).isFalse();
    assertThat(terminal.err()).startsWith("No rehearsal was made");
    assertThat(considered.consider(read, Direction.TO_OLD, terminal.terminal()))
        .as("there is nothing to roll back yet")
        .isTrue();
  }

  @Test
  void a_rollback_says_how_long_its_hold_is_to_be() throws Exception {
    journal("new-serves", "rehearsed-rollback", "1700000000000 1200 0011223344556677 ");
    assertThat(
            new ConsideredRehearsal()
                .consider(Plan.read(plan), Direction.TO_OLD, terminal.terminal()))
        .isFalse();
    assertThat(terminal.err())
        .startsWith("Rehearsed at 2023-11-14T22:13:20Z: the hold is to be about 1200 ms")
        .contains("the plan's files or services have changed since");
  }
}
