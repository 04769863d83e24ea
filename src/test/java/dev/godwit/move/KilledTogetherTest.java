package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The gate of the host that serves, the process beside it, and the controller, killed at one blow:
 * nobody types anything, and clients are served again. One lab through all of it.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KilledTogetherTest extends TestingOneMove {
  private static final String KILL_GATE = "kill -9 $(pgrep -f '[g]ate-(supervisor|daemon)')";

  @BeforeAll
  static void up() throws Exception {
    // A lease ends with its gate: it is not what helps.
    move = TestingMove.up(300, "60s");
    move.startClient();
    move.godwit(0, "start");
  }

  private static void killedAt(CutoverStep step, LabHost host, String command) throws Exception {
    move.godwitKilled(
        TestingMove.begins(step),
        controller -> {
          controller.kill();
          host.must("bash", "-c", KILL_GATE);
        },
        command,
        "--yes");
  }

  @Test
  @Order(1)
  void h50_before_the_services_are_stopped_old_serves() throws Exception {
    killedAt(CutoverStep.DRAIN, move.old(), "cutover");
    move.assertOldServes();
    assertThat(move.godwit(1, "status")).contains("killed or hung", "a switch was cut off");
  }

  @Test
  @Order(2)
  void h50_after_the_services_were_stopped_old_serves_again() throws Exception {
    killedAt(CutoverStep.PAUSE, move.old(), "cutover");
    move.assertOldServes();
    move.godwit(0, "cutover", "--yes");
    assertThat(move.godwit(0, "report").lines().filter(line -> line.startsWith("Cut off: ")))
        .as("this time and the one before")
        .hasSize(2)
        .allMatch(
            line ->
                line.matches(
                    "Cut off: the gate on old was killed or hung, seen at .*: \\d+ clients that"
                        + " waited and \\d+ that were relayed were cut off\\."));
    move.proveKept(Role.NEW);
  }

  @Test
  @Order(3)
  void h58_after_the_release_clients_of_old_go_on_to_new() throws Exception {
    move.startClient();
    move.assertNewServes();
    move.old().must("bash", "-c", KILL_GATE);
    move.assertNewServes();
    move.neu().must("bash", "-c", KILL_GATE.replace("[g]ate", "[l]anding"));
    move.assertNewServes();
  }

  @Test
  @Order(4)
  void h50_the_same_on_the_way_back() throws Exception {
    killedAt(CutoverStep.PAUSE, move.neu(), "rollback");
    move.assertNewServes();
    move.godwit(0, "rollback", "--yes");
    move.proveKept(Role.OLD);
  }
}
