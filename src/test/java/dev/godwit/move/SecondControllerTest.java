package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two controllers, and one that slept through the end of its right (H59). */
@Tag("lab")
class SecondControllerTest {
  /** CHECK: the release is the very next order, and nothing but the gate is in its way. */
  @ParameterizedTest
  @EnumSource(names = {"STOP", "CHECK"})
  void h59_a_second_controller_is_refused_and_one_that_slept_does_not_release(CutoverStep step)
      throws Exception {
    try (TestingMove move = TestingMove.up(300, "5s")) {
      move.startClient();
      move.godwit(0, "start");
      CountDownLatch frozen = new CountDownLatch(1);
      try (TestingCommand slept =
          move.godwitWhen(
              TestingMove.begins(step),
              command -> {
                command.freeze();
                frozen.countDown();
              },
              "cutover",
              "--yes")) {
        assertThat(frozen.await(COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        String holder = "`godwit cutover`, process " + slept.pidInHost();
        assertThat(move.godwit(5, "cutover", "--yes")).contains(holder);
        assertThat(move.godwit(5, "rollback")).contains(holder);
        // The lease ends although the one who asked for it sleeps.
        move.assertOldServes();
        slept.thaw();
        assertThat(slept.exit(COMMAND_LIMIT)).isEqualTo(4);
        assertThat(slept.text()).doesNotContain("✓ release").contains("old serves");
      }
      move.assertOldServes();
      move.assertNoneFailed();
      assertThat(move.posts(move.neu())).as("notes that new took").isZero();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }
}
