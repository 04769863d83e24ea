package dev.godwit.move;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * At a step of a switch the controller, or the gate of the host that serves, sleeps for ten times
 * as long as it may hold (SIGSTOP), and wakes up: by then the host that served serves again, or the
 * next one does, and never both; what the sleeper still orders changes nothing (H59). Or another
 * controller makes the switch while the first one sleeps.
 *
 * <p>Which of them: {@link TestingCrash}; {@code -Dgodwit.crash.lease=SECONDS} for a machine on
 * which a switch takes longer.
 */
@Tag("lab")
@Tag("proof")
class SleepMatrixTest {
  /** Its name as a {@link TestingMatrix}. */
  static final String MATRIX = "crash-matrix-sleeps";

  static final Set<TestingVictim> VICTIMS =
      Collections.unmodifiableSet(
          EnumSet.of(
              TestingVictim.CONTROLLER_SLEEPS,
              TestingVictim.CONTROLLER_REPLACED,
              TestingVictim.GATE_SLEEPS));

  private static final String SHORT = "hold: " + TestingVictim.LEASE_SECONDS + "s";
  private static final String LONG = "hold: " + System.getProperty(TestingCrash.HOLD_KEY, "15s");

  private static @Nullable TestingMove lab;
  private static boolean isGood;

  /** Who serves after the last green case. */
  private static Role serves = Role.OLD;

  static List<TestingSwitchCrash> crashes() throws IOException {
    return TestingCrash.chosen(
        MATRIX,
        TestingSwitchCrash.asBegins(VICTIMS, Arrays.asList(CutoverStep.values())),
        SleepMatrixTest::sample);
  }

  /** One of each, for each takes ten leases. */
  private static List<TestingSwitchCrash> sample(List<TestingSwitchCrash> mixed) {
    return TestingSwitchCrash.byTurns(
        VICTIMS.stream()
            .flatMap(
                victim ->
                    mixed.stream()
                        .filter(crash -> crash.victim() == victim && crash.step().inHold())
                        .limit(1))
            .toList());
  }

  @AfterAll
  static void down() {
    if (lab != null) {
      lab.close();
      lab = null;
    }
  }

  @ParameterizedTest
  @MethodSource("crashes")
  void h59_a_sleep_of_ten_leases(TestingSwitchCrash crash) throws Exception {
    Direction direction = crash.direction();
    TestingMove move = labServedBy(direction.serving());
    isGood = false;
    move.startClient();
    long before = move.posts(move.host(direction.next()));
    // Another controller has the time that it needs; a sleeper's is to be over.
    String hold = crash.victim() == TestingVictim.CONTROLLER_REPLACED ? LONG : SHORT;
    move.changePlan(held(LONG, hold));
    int exit;
    try {
      exit = crash.strike(move);
      move.assertOneServes();
    } finally {
      move.changePlan(held(hold, LONG));
    }
    crash.again(move, before);
    int failed = 0;
    if (crash.victim().cutsClients()) {
      failed = move.proveKept(direction.next());
    } else {
      move.proveServedBy(direction.next());
    }
    serves = direction.next();
    isGood = true;
    crash.count(MATRIX, exit, failed);
  }

  private static UnaryOperator<String> held(String from, String to) {
    return plan -> plan.replace(from + ",", to + ",");
  }

  private static TestingMove labServedBy(Role role) throws Exception {
    if (lab == null || !isGood) {
      down();
      TestingMove move = TestingMove.up(300, LONG.substring("hold: ".length()));
      lab = move;
      move.godwit(0, "start");
      serves = Role.OLD;
    }
    if (serves != role) {
      lab.godwit(0, role == Role.OLD ? "rollback" : "cutover", "--yes");
      serves = role;
    }
    return lab;
  }
}
