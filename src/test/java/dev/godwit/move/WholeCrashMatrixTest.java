package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@link CrashMatrixTest} with a whole server, at the steps that belong to its mail queue, its
 * database and its floating address: something dies or is cut, then the same command again; no
 * request of any client fails, each accepted mail arrives once, no acknowledged row is lost, one
 * host has the address.
 *
 * <p>Which of them: {@link TestingCrash}.
 */
@Tag("lab")
@Tag("proof")
class WholeCrashMatrixTest {
  /** Its name as a {@link TestingMatrix}. */
  static final String MATRIX = "crash-matrix-whole";

  static final Set<TestingVictim> VICTIMS =
      Collections.unmodifiableSet(
          EnumSet.of(
              TestingVictim.CONTROLLER,
              TestingVictim.OLD_AGENT,
              TestingVictim.NEW_AGENT,
              TestingVictim.BACKGROUND,
              TestingVictim.OLD_LINE));

  static final Set<CutoverStep> STEPS =
      Collections.unmodifiableSet(
          EnumSet.of(
              CutoverStep.DRAIN,
              CutoverStep.STOP,
              CutoverStep.BARRIER,
              CutoverStep.SETTLE,
              CutoverStep.START,
              CutoverStep.CHECK,
              CutoverStep.FOLLOW,
              CutoverStep.ADDRESS));

  private static final int FILES = 100;
  private static final String HOLD = System.getProperty(TestingCrash.HOLD_KEY, "25s");

  private static @Nullable TestingWholeServer lab;
  private static boolean isBothFar;
  private static boolean isGood;

  /** Who serves after the last green case. */
  private static Role serves = Role.OLD;

  static List<TestingSwitchCrash> crashes() throws IOException {
    return TestingCrash.chosen(
        MATRIX, TestingSwitchCrash.asBegins(VICTIMS, STEPS), WholeCrashMatrixTest::sample);
  }

  /** Once where each of the three has its part, by one of those that take no time. */
  private static List<TestingSwitchCrash> sample(List<TestingSwitchCrash> mixed) {
    Set<TestingVictim> quick =
        EnumSet.of(TestingVictim.CONTROLLER, TestingVictim.OLD_AGENT, TestingVictim.BACKGROUND);
    List<TestingSwitchCrash> chosen = new ArrayList<>();
    for (CutoverStep step : List.of(CutoverStep.STOP, CutoverStep.START, CutoverStep.ADDRESS)) {
      mixed.stream()
          .filter(crash -> quick.contains(crash.victim()) && crash.step() == step)
          .limit(1)
          .forEach(chosen::add);
    }
    return TestingSwitchCrash.byTurns(chosen);
  }

  @AfterAll
  static void down() throws Exception {
    if (lab != null) {
      lab.close();
      lab = null;
    }
  }

  @ParameterizedTest
  @MethodSource("crashes")
  void h58_h68_h70_at_every_step_of_a_whole_server(TestingSwitchCrash crash) throws Exception {
    Direction direction = crash.direction();
    TestingWholeServer server = labFor(crash);
    TestingMove move = server.move();
    isGood = false;
    server.startClients(TestingWholeServer.ADDRESS);
    server.awaitAll();
    int exit = crash.strike(move);
    move.godwit(0, direction.command(), "--yes");
    server.awaitAll();
    LabHost next = move.host(direction.next());
    LabHost left = move.host(direction.serving());
    assertThat(TestingWholeServer.hasAddress(next)).isTrue();
    assertThat(TestingWholeServer.hasAddress(left)).isFalse();
    server.proveMailAndRows(next, left);
    move.proveServedBy(direction.next());
    TestingMail.deliverLater(next);
    serves = direction.next();
    isGood = true;
    crash.count(MATRIX, exit, 0);
  }

  /** Nobody has it then, and nobody types anything. */
  @Test
  void h58_h68_an_address_that_is_between_two_hosts_gets_to_the_next_one() throws Exception {
    TestingSwitchCrash crash =
        new TestingSwitchCrash(
            TestingVictim.CONTROLLER, Direction.TO_NEW, CutoverStep.ADDRESS, false);
    TestingWholeServer server = labFor(crash);
    TestingMove move = server.move();
    isGood = false;
    try (TestingCommand cutover =
        move.godwitWhen(
            crash.line(),
            controller -> {
              while (TestingWholeServer.hasAddress(move.old())) {
                Thread.onSpinWait();
              }
              controller.kill();
            },
            "cutover",
            "--yes")) {
      assertThat(cutover.exit(TestingMove.COMMAND_LIMIT)).as(cutover.text()).isEqualTo(128 + 9);
    }
    System.out.println("new has the address already: " + TestingWholeServer.hasAddress(move.neu()));
    TestingPatience.await("the address on new", () -> TestingWholeServer.hasAddress(move.neu()));
    server.startClients(TestingWholeServer.ADDRESS);
    server.awaitAll();
    assertThat(TestingWholeServer.hasAddress(move.old())).isFalse();
    move.godwit(0, "rollback", "--yes");
    server.awaitAll();
    server.proveMailAndRows(move.old(), move.neu());
    move.proveServedBy(Role.OLD);
    TestingMail.deliverLater(move.old());
    serves = Role.OLD;
    isGood = true;
  }

  private static TestingWholeServer labFor(TestingSwitchCrash crash) throws Exception {
    boolean bothFar = crash.victim().isBothFar();
    if (lab == null || !isGood || bothFar != isBothFar) {
      down();
      TestingWholeServer server = TestingWholeServer.up(FILES, LabOptions.forFiles(FILES), HOLD);
      lab = server;
      server.addAddress();
      isBothFar = bothFar;
      if (bothFar) {
        server.move().controlFromClient();
      }
      server.move().godwit(0, "start");
      serves = Role.OLD;
    }
    if (serves != crash.direction().serving()) {
      // Where there are two of one direction.
      lab.move().godwit(0, crash.direction().opposite().command(), "--yes");
      serves = crash.direction().serving();
    }
    return lab;
  }
}
