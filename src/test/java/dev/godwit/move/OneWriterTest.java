package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A service that writes by itself never runs on both hosts, whoever dies or sleeps in the hold. */
@Tag("lab")
class OneWriterTest {
  /** What becomes of the controller when next's services have started. */
  enum Fate {
    KILLED,
    SLEEPS,
    /** And the hosts do not reach each other meanwhile. */
    KILLED_AND_CUT
  }

  @ParameterizedTest
  @CsvSource({
    "TO_NEW, KILLED",
    "TO_OLD, KILLED",
    "TO_NEW, SLEEPS",
    "TO_OLD, SLEEPS",
    "TO_NEW, KILLED_AND_CUT"
  })
  void h56_h57_what_was_started_before_a_release_stops_before_the_other_host_serves_again(
      Direction direction, Fate fate) throws Exception {
    try (TestingMove move = TestingMove.up(300, "8s")) {
      TestingWriter writer = TestingWriter.in(move);
      move.godwit(0, "start");
      if (direction == Direction.TO_OLD) {
        move.godwit(0, "cutover", "--yes");
      }
      move.startClient();
      Role serving = direction.serving();
      Role next = direction.next();
      CountDownLatch struck = new CountDownLatch(1);
      try (TestingCommand first =
          move.godwitWhen(
              TestingMove.begins(CutoverStep.CHECK),
              controller -> {
                if (fate == Fate.SLEEPS) {
                  controller.freeze();
                } else {
                  if (fate == Fate.KILLED_AND_CUT) {
                    cut(move.old());
                  }
                  controller.kill();
                }
                struck.countDown();
              },
              direction.command(),
              "--yes")) {
        assertThat(struck.await(COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        // Nobody is at a controller: the hosts alone see to it.
        writer.awaitWrites(serving);
        assertThat(writer.runsOn(next)).as("the writer of " + next.word()).isFalse();
        writer.assertNeverOnBoth();
        if (fate == Fate.SLEEPS) {
          first.thaw();
          assertThat(first.exit(COMMAND_LIMIT)).isIn(1, 4);
          assertThat(first.text()).doesNotContain("✓ release");
        } else if (fate == Fate.KILLED_AND_CUT) {
          move.old().must("nft", "delete table inet lab_cut");
        }
      }
      if (serving == Role.OLD) {
        move.assertOldServes();
      } else {
        move.assertNewServes();
      }
      move.assertNoneFailed();
      move.godwit(0, direction.command(), "--yes");
      writer.awaitWrites(next);
      // It would have stopped by then, were it not known there that it was released.
      Thread.sleep(11_000);
      assertThat(writer.runsOn(next)).as("the writer of " + next.word()).isTrue();
      assertThat(writer.runsOn(serving)).as("the writer of " + serving.word()).isFalse();
      writer.assertNeverOnBoth();
      move.assertNoneFailed();
    }
  }

  private static void cut(LabHost old) throws IOException {
    old.must(
        "nft",
        """
        table inet lab_cut {
          chain in { type filter hook input priority -300; ip saddr %1$s drop; }
          chain out { type filter hook output priority -300; ip daddr %1$s drop; }
        }
        """
            .formatted(Lab.NEW_ADDRESS));
  }
}
