package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** Clients know new's own address before the first cut-over, and come there while it is made. */
@Tag("lab")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NewAddressTest extends TestingOneMove {
  private static final String MENDED = "/root/mended";

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100);
    // The services of new run for a while before the release, which is refused the first time.
    move.changePlan(
        plan ->
            plan
                + """
                hooks:
                  - { before: release, on: new, run: [/bin/sh, -c, "sleep 2; test -e %s"] }
                """
                    .formatted(MENDED));
    move.godwit(0, "start");
  }

  /** What they wrote on new meanwhile would be lost. */
  @Test
  @Order(1)
  void h56_they_wait_for_old_while_the_attempt_is_made_that_is_taken_back() throws Exception {
    cutOverWithClientsOfNew(4);
    move.assertOldServes();
    move.assertNoneFailed();
    assertThat(move.posts(move.neu())).as("notes posted to new's own application").isZero();
    move.assertNoNoteLost(move.old());
    String status = move.godwit(0, "status");
    assertThat(status)
        .contains("gate on old: ports 143,80,8080 go to the services, past the gate")
        .contains("gate on new: ports 143,80,8080 go to the other host");
    move.proveRolledBack();
  }

  @Test
  @Order(2)
  void they_are_served_by_new_from_the_release_on_by_the_shortest_way() throws Exception {
    move.neu().must("touch", MENDED);
    cutOverWithClientsOfNew(0);
    move.assertNewServes();
    move.assertNoneFailed();
    assertThat(move.godwit(0, "status", "--json"))
        .containsPattern("\"gate_on_new\" : \\{\\s+\"mode\" : \"pass\"");
    move.proveMoved();
  }

  @Test
  @Order(3)
  void and_by_old_again_after_the_rollback() throws Exception {
    move.startClient(Lab.NEW_ADDRESS);
    move.awaitRequests(5);
    move.godwit(0, "rollback", "--yes");
    move.proveRolledBack();
  }

  private static void cutOverWithClientsOfNew(int exit) throws Exception {
    try (TestingCommand cutover =
        move.godwitWhen(
            TestingMove.begins(CutoverStep.HOLD),
            command -> move.startClient(Lab.NEW_ADDRESS),
            "cutover",
            "--yes")) {
      assertThat(cutover.exit(COMMAND_LIMIT)).as(cutover.text()).isEqualTo(exit);
    }
    TestingPatience.await("requests of the client", () -> move.longestWait().toMillis() > 1_000);
  }
}
