package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * At every step of a switch, and between switches, one of the hosts is rebooted: whatever both
 * would start by themselves, never do two serve (H57). The status says what is to be done, and when
 * that is done one host serves with all that was ever acknowledged.
 *
 * <p>The services have init scripts with start links on both hosts. The controller is on new: a
 * reboot of old leaves it to find out by itself, one of new takes it along.
 *
 * <p>Which of them: {@link TestingCrash}.
 */
@Tag("lab")
class RebootMatrixTest {
  /** Its name as a {@link TestingMatrix}. */
  static final String MATRIX = "crash-matrix-reboots";

  static final Set<TestingVictim> VICTIMS =
      Collections.unmodifiableSet(EnumSet.of(TestingVictim.OLD_REBOOT, TestingVictim.NEW_REBOOT));

  private static final String HOLD = System.getProperty(TestingCrash.HOLD_KEY, "15s");

  /** In which a reboot may come too late for the release that it was to meet. */
  private static final int TRIES = 6;

  /** What keeps late orders out (H59). */
  private static final String EPOCHS =
      "cat /var/lib/godwit/moves/demo/epoch /var/lib/godwit/moves/demo/services/epoch";

  private static @Nullable TestingMove lab;
  private static boolean isGood;

  /** Who serves after the last green case. */
  private static Role serves = Role.OLD;

  static List<TestingSwitchCrash> crashes() throws IOException {
    return TestingCrash.chosen(
        MATRIX,
        TestingSwitchCrash.asBegins(VICTIMS, Arrays.asList(CutoverStep.values())),
        RebootMatrixTest::sample);
  }

  /** Around what decides: the stop, the start, the release, and what follows it. */
  private static List<TestingSwitchCrash> sample(List<TestingSwitchCrash> mixed) {
    List<TestingSwitchCrash> chosen = new ArrayList<>();
    for (CutoverStep step : List.of(CutoverStep.BARRIER, CutoverStep.CHECK, CutoverStep.FOLLOW)) {
      mixed.stream().filter(crash -> crash.step() == step).limit(1).forEach(chosen::add);
    }
    return TestingSwitchCrash.byTurns(chosen);
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
  void h57_a_reboot_at_every_step(TestingSwitchCrash crash) throws Exception {
    Direction direction = crash.direction();
    TestingMove move = labServedBy(direction.serving());
    isGood = false;
    move.startClient();
    long before = move.posts(move.host(direction.next()));
    int exit = crash.strike(move);
    assertThat(move.godwit("status").textAtEnd()).contains("Next: ");
    crash.again(move, before);
    int failed = move.proveKept(direction.next());
    serves = direction.next();
    isGood = true;
    crash.count(MATRIX, exit, failed);
  }

  @ParameterizedTest
  @EnumSource
  void h57_a_reboot_between_switches(Role serving) throws Exception {
    TestingMove move = labServedBy(serving);
    isGood = false;
    for (Role rebooted : Role.values()) {
      move.startClient();
      move.awaitRequests(20);
      LabHost host = move.host(rebooted);
      String epochs = host.must("bash", "-c", EPOCHS);
      assertThat(epochs.lines()).as("of the gate and of the services").hasSize(2);
      TestingBoot.reboot(host);
      assertThat(host.must("bash", "-c", EPOCHS)).isEqualTo(epochs);
      assertThat(move.godwit("status").textAtEnd()).contains("Next: ");
      move.godwit(0, "start");
      int unused = move.proveKept(serving);
    }
    isGood = true;
  }

  /** What the hold had stopped, and keeps from starting, is started although nobody is left. */
  @ParameterizedTest
  @EnumSource
  void h50_h57_a_host_that_is_rebooted_in_its_hold_serves_again_by_itself(Direction direction)
      throws Exception {
    TestingMove move = labServedBy(direction.serving());
    isGood = false;
    move.startClient();
    LabHost host = move.host(direction.serving());
    try (TestingCommand killed =
        move.godwitWhen(
            TestingMove.ended(CutoverStep.STOP),
            command -> {
              TestingBoot.die(host);
              command.kill();
            },
            direction.command(),
            "--yes")) {
      assertThat(killed.exit(COMMAND_LIMIT)).as(killed.text()).isEqualTo(128 + 9);
    }
    TestingBoot.boot(host);
    move.assertOneServes();
    for (String name : TestingBoot.SERVICES) {
      assertThat(runs(host, name)).as(name).isTrue();
    }
    move.godwit(0, direction.opposite().command(), "--yes");
    int unused = move.proveKept(direction.serving());
    isGood = true;
  }

  /** It is neither to be stopped nor to be left down: the gate's word reaches it once it is up. */
  @Test
  void h56_h57_a_host_that_is_rebooted_as_clients_are_released_to_it_serves_by_itself()
      throws Exception {
    TestingMove move = labServedBy(Role.NEW);
    isGood = false;
    move.startClient();
    TestingSwitchCrash crash =
        new TestingSwitchCrash(
            TestingVictim.OLD_REBOOT, Direction.TO_OLD, CutoverStep.RELEASE, false);
    // The gate may be told before the controller stands still, and does not wait for a host that is
    // not there: then all is taken back, nothing runs on old, and it is to be tried again.
    int tries = 0;
    do {
      assertThat(tries++).as("all were taken back").isLessThan(TRIES);
      assertThat(crash.strike(move)).isNotZero();
    } while (isTakenBack(move));
    // One after the other: the last may still be on its way when the first ones answer.
    for (String name : TestingBoot.SERVICES) {
      TestingPatience.await(name, () -> runs(move.old(), name));
    }
    move.godwit(0, "rollback", "--yes");
    int unused = move.proveKept(Role.OLD);
    serves = Role.OLD;
    isGood = true;
  }

  private static boolean isTakenBack(TestingMove move) throws Exception {
    if (move.whichServes() == Role.OLD) {
      return false;
    }
    for (String name : TestingBoot.SERVICES) {
      assertThat(runs(move.old(), name)).as("%s on old while new serves", name).isFalse();
    }
    return true;
  }

  private static boolean runs(LabHost host, String name) throws IOException {
    return host.run("/etc/init.d/" + name, "status").exit() == 0;
  }

  /** Nor does it find that it may go on: somebody else has made the switch meanwhile (H59). */
  @ParameterizedTest
  @EnumSource
  void h57_h59_a_controller_that_slept_through_a_reboot_is_refused(Direction direction)
      throws Exception {
    TestingMove move = labServedBy(direction.serving());
    isGood = false;
    String command = direction.command();
    move.startClient();
    try (TestingCommand slept =
        move.godwitWhen(
            TestingMove.begins(CutoverStep.STOP), TestingCommand::freeze, command, "--yes")) {
      TestingPatience.await("its sleep", () -> slept.text().contains("the test's act"));
      move.neu().must("rm", "/root/demo.journal.lock");
      TestingBoot.reboot(move.old());
      move.godwit(0, command, "--yes");
      slept.thaw();
      assertThat(slept.exit(COMMAND_LIMIT)).as(slept.text()).isIn(1, 4, 128 + 9);
      assertThat(slept.text()).doesNotContain("✓ stop", "✓ release");
    }
    int unused = move.proveKept(direction.next());
    serves = direction.next();
    isGood = true;
  }

  private static TestingMove labServedBy(Role role) throws Exception {
    if (lab == null || !isGood) {
      down();
      TestingMove move = TestingMove.up(300, HOLD);
      lab = move;
      TestingBoot.installBoth(move);
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      TestingBoot.link(move.neu()); // as one does with a host that serves
      serves = Role.NEW;
    }
    if (serves != role) {
      lab.godwit(0, role == Role.OLD ? "rollback" : "cutover", "--yes");
      serves = role;
    }
    return lab;
  }
}
