package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * kill -9 of the controller at every step of the cut-over, then the same command again: it ends as
 * if nothing had been, and no client ever noticed (H58).
 */
@Tag("lab")
class CrashMatrixTest {
  @ParameterizedTest
  @EnumSource
  void h58_a_controller_killed_as_a_step_begins(CutoverStep step) throws Exception {
    killedAt(TestingMove.begins(step));
  }

  @Test
  void h58_a_controller_killed_when_it_has_released() throws Exception {
    killedAt(TestingMove.ended(CutoverStep.RELEASE));
  }

  private static void killedAt(Predicate<String> line) throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      try (TestingCommand first = move.godwitWhen(line, TestingCommand::kill, "cutover", "--yes")) {
        assertThat(first.exit(COMMAND_LIMIT)).isEqualTo(128 + 9);
      }
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }
}
