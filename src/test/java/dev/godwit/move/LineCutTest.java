package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ssh line between the hosts is cut for some seconds, while clients go on. */
@Tag("lab")
class LineCutTest {
  @Test
  void a_mirror_goes_on_by_itself_after_the_line_was_cut() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      long before = move.posts(move.old());
      try (TestingLineCut cut = TestingLineCut.of(move.old())) {
        // Longer than the 10 s of silence after which both ends give the connection up.
        Thread.sleep(12_000);
        String said = move.godwit("status", "--json").textAtEnd();
        assertThat(said)
            .as("while the line is cut")
            .doesNotContainPattern("\"state\" *: *\"live\"");
      }
      assertThat(move.posts(move.old()) - before).as("notes taken meanwhile").isGreaterThan(50);
      TestingPatience.await(
          "the mirror to be live again",
          () -> {
            String said = move.godwit(0, "status", "--json");
            return !said.contains("reconnecting") && !said.contains("copying");
          });
      move.assertNoneFailed();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }

  /**
   * A first copy that takes hours is not begun anew, and not given up, for a minute without line.
   */
  @Test
  void a_first_copy_goes_on_by_itself_after_the_line_was_cut() throws Exception {
    try (TestingMove move = TestingMove.up(50)) {
      move.old().must("bash", "-euc", "head -c 3000000 /dev/urandom > /srv/www/large");
      move.changePlan(plan -> plan.replace("limits: { ", "limits: { bwlimit: 128k, "));
      try (TestingCommand start = move.godwit("start")) {
        TestingPatience.await(
            "something to be copied",
            () ->
                !move.neu()
                    .must("bash", "-c", "ls /srv/notes /srv/www 2>&1; true")
                    .contains("cannot"));
        try (TestingLineCut cut = TestingLineCut.of(move.old())) {
          start.awaitLine("It is tried again and again", COMMAND_LIMIT);
          assertThat(start.hasEnded()).isFalse();
        }
        assertThat(start.exit(COMMAND_LIMIT)).as(start.text()).isZero();
      }
      move.startClient();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }

  /**
   * @param cutMillis 14 s: the connection is given up; 8.5 s: it lives on, and what was sent
   *     meanwhile arrives after the lease has ended
   */
  @ParameterizedTest
  @ValueSource(ints = {14_000, 8_500})
  void h50_the_lease_ends_by_itself_when_the_line_is_cut_in_the_hold(int cutMillis)
      throws Exception {
    try (TestingMove move = TestingMove.up(300, "6s")) {
      move.startClient();
      move.godwit(0, "start");
      AtomicReference<TestingLineCut> cut = new AtomicReference<>();
      try (TestingCommand cutover =
          move.godwitWhen(
              TestingMove.begins(CutoverStep.STOP),
              command -> cut.set(TestingLineCut.of(move.old())),
              "cutover",
              "--yes")) {
        TestingPatience.await("the line to be cut", () -> cut.get() != null);
        long end = System.nanoTime() + cutMillis * 1_000_000L;
        // The lease has 6 s, the services some time to start; the line is still cut then.
        move.assertOldServes();
        assertThat(System.nanoTime()).as("old serves before the line is back").isLessThan(end);
        Thread.sleep(Math.max(0, (end - System.nanoTime()) / 1_000_000));
        Objects.requireNonNull(cut.get()).close();
        assertThat(cutover.exit(COMMAND_LIMIT)).isIn(1, 4);
        assertThat(cutover.text()).contains("✗ stop").containsPattern("godwit: .*old");
      }
      move.assertOldServes();
      move.assertNoneFailed();
      assertThat(move.posts(move.neu())).as("notes that new took").isZero();
      move.holdLong();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }

  /** Clients are back at old before anything is asked of a host that may be gone. */
  @Test
  void h50_a_new_that_vanishes_in_the_hold_keeps_nobody_waiting_for_its_answers() throws Exception {
    try (TestingMove move = TestingMove.up(50)) {
      move.controlFromClient();
      move.startClient();
      move.godwit(0, "start");
      AtomicReference<TestingLineCut> cut = new AtomicReference<>();
      try (TestingCommand cutover =
          move.godwitWhen(
              TestingMove.begins(CutoverStep.BARRIER),
              command -> cut.set(TestingLineCut.of(move.neu())),
              "cutover",
              "--yes")) {
        cutover.awaitLine("✓ back", COMMAND_LIMIT);
        assertThat(cutover.text()).doesNotContain("could not be asked");
        cutover.awaitLine("… stop-new", COMMAND_LIMIT);
        Objects.requireNonNull(cut.get()).close();
        assertThat(cutover.exit(COMMAND_LIMIT)).as(cutover.text()).isEqualTo(4);
      }
      move.assertOldServes();
      move.assertNoneFailed();
    }
  }
}
