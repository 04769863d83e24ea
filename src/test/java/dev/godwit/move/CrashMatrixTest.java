package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * kill -9 of the controller at every step of a switch, then the same command again: it ends as if
 * nothing had been, and no client ever noticed (H58). The services go to new and back in turns, in
 * one lab, so that each attempt also begins where many others have ended; after one that fails, the
 * next one gets a lab of its own.
 */
@Tag("lab")
class CrashMatrixTest {
  private static @Nullable TestingMove lab;
  private static boolean isGood;

  /**
   * Where the controller dies.
   *
   * @param ended when the step's end is printed, instead of its begin
   */
  record Crash(Direction direction, CutoverStep step, boolean ended) {
    @Override
    public String toString() {
      return "%s killed as %s %s"
          .formatted(direction.command(), step.word(), ended ? "has ended" : "begins");
    }

    private Predicate<String> line() {
      return ended ? TestingMove.ended(step) : TestingMove.begins(step);
    }

    /** After its last step a controller has little left to do, and may have done it. */
    private Integer[] exits() {
      return ended || step == CutoverStep.ADDRESS
          ? new Integer[] {0, 128 + 9}
          : new Integer[] {128 + 9};
    }
  }

  static List<Crash> crashes() {
    List<Crash> crashes = new ArrayList<>();
    for (CutoverStep step : CutoverStep.values()) {
      crashes.add(new Crash(Direction.TO_NEW, step, false));
      crashes.add(new Crash(Direction.TO_OLD, step, false));
    }
    for (CutoverStep step : List.of(CutoverStep.RELEASE, CutoverStep.FOLLOW)) {
      crashes.add(new Crash(Direction.TO_NEW, step, true));
      crashes.add(new Crash(Direction.TO_OLD, step, true));
    }
    return crashes;
  }

  @AfterAll
  static void down() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @MethodSource("crashes")
  void h58_a_controller_that_is_killed(Crash crash) throws Exception {
    TestingMove move = isGood && lab != null ? lab : freshLab(crash.direction());
    isGood = false;
    move.startClient();
    String command = crash.direction().command();
    try (TestingCommand first =
        move.godwitWhen(crash.line(), TestingCommand::kill, command, "--yes")) {
      assertThat(first.exit(COMMAND_LIMIT)).isIn((Object[]) crash.exits());
    }
    move.godwit(0, command, "--yes");
    if (crash.direction() == Direction.TO_NEW) {
      move.proveMoved();
    } else {
      move.proveRolledBack();
    }
    isGood = true;
  }

  private static TestingMove freshLab(Direction direction) throws Exception {
    down();
    TestingMove move = TestingMove.up();
    lab = move;
    move.godwit(0, "start");
    if (direction == Direction.TO_OLD) {
      move.godwit(0, "cutover", "--yes");
    }
    return move;
  }
}
