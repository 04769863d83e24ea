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
    killedAt(TestingMove.begins(step), 128 + 9);
  }

  @Test
  void h58_a_controller_killed_when_it_has_released() throws Exception {
    // It has little left to do then, and may have done it.
    killedAt(TestingMove.ended(CutoverStep.RELEASE), 0, 128 + 9);
  }

  private static void killedAt(Predicate<String> line, Integer... exits) throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      try (TestingCommand first = move.godwitWhen(line, TestingCommand::kill, "cutover", "--yes")) {
        assertThat(first.exit(COMMAND_LIMIT)).isIn((Object[]) exits);
      }
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }
}
