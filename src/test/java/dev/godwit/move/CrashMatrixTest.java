package dev.godwit.move;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * At every step of a switch, something dies or is cut; then the same command again: it ends as if
 * nothing had been, and no client ever noticed (H58), but those that a gate had in its hands when
 * it died. The services go to new and back in turns, in one lab, so that each attempt also begins
 * where many others have ended; after one that fails, the next one gets a lab of its own.
 *
 * <p>Which of them: {@link TestingCrash}.
 */
@Tag("lab")
@Tag("proof")
class CrashMatrixTest {
  /** Its name as a {@link TestingMatrix}. */
  static final String MATRIX = "crash-matrix";

  private static final int SAMPLE = 6;

  private static final String HOLD = System.getProperty(TestingCrash.HOLD_KEY, "15s");

  private static final TestingTurns TURNS = new TestingTurns(HOLD);

  static List<TestingSwitchCrash> crashes() throws IOException {
    List<TestingSwitchCrash> all =
        new ArrayList<>(
            TestingSwitchCrash.asBegins(
                TestingVictim.OF_ANY_PLAN, Arrays.asList(CutoverStep.values())));
    for (CutoverStep step : List.of(CutoverStep.RELEASE, CutoverStep.FOLLOW)) {
      for (Direction direction : Direction.values()) {
        all.add(new TestingSwitchCrash(TestingVictim.CONTROLLER, direction, step, true));
      }
    }
    return TestingCrash.chosen(MATRIX, all, CrashMatrixTest::sample);
  }

  /**
   * Half of them the controller's; one line, since each takes longer than all others; last those
   * that need a lab with a controller on a third host.
   */
  private static List<TestingSwitchCrash> sample(List<TestingSwitchCrash> mixed) {
    List<TestingSwitchCrash> chosen = new ArrayList<>();
    mixed.stream()
        .filter(crash -> crash.victim() == TestingVictim.CONTROLLER)
        .limit(SAMPLE / 2)
        .forEach(chosen::add);
    mixed.stream()
        .filter(crash -> crash.victim() == TestingVictim.OLD_LINE)
        .limit(1)
        .forEach(chosen::add);
    Set<TestingVictim> others =
        EnumSet.of(
            TestingVictim.OLD_AGENT,
            TestingVictim.NEW_AGENT,
            TestingVictim.GATE,
            TestingVictim.BACKGROUND);
    mixed.stream()
        .filter(crash -> others.contains(crash.victim()))
        .limit(SAMPLE / 2 - 1)
        .forEach(chosen::add);
    List<TestingSwitchCrash> ordered = new ArrayList<>();
    for (boolean bothFar : List.of(false, true)) {
      ordered.addAll(
          TestingSwitchCrash.byTurns(
              chosen.stream().filter(crash -> crash.victim().isBothFar() == bothFar).toList()));
    }
    return ordered;
  }

  @AfterAll
  static void down() {
    TURNS.down();
  }

  @ParameterizedTest
  @MethodSource("crashes")
  void h58_at_every_step(TestingSwitchCrash crash) throws Exception {
    Direction direction = crash.direction();
    TestingMove move = TURNS.labFor(direction, crash.victim().isBothFar());
    move.startClient();
    long before = move.posts(move.host(direction.next()));
    int exit = crash.strike(move);
    crash.again(move, before);
    int failed = 0;
    if (crash.victim().cutsClients()) {
      failed = move.proveKept(direction.next());
    } else {
      move.proveServedBy(direction.next());
    }
    TURNS.isGreen(direction);
    crash.count(MATRIX, exit, failed);
  }
}
