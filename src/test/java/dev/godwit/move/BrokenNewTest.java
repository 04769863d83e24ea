package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabServices;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** New has the clients and answers them badly: what one goes back for. */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BrokenNewTest extends TestingOneMove {
  private static final String USERS = "/etc/dovecot/users";

  /** Kills the landing and what stays beside it; it cannot be started again. */
  private static final String NO_LANDING =
      """
      cd /run/godwit/demo && kill -STOP $(cat landing.watch.pid landing.pid) &&
        kill -KILL $(cat landing.watch.pid landing.pid) && rm -f landing.sock && mkdir -p landing.sock/in-the-way
      """;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    move.godwit(0, "start");
  }

  /**
   * Nobody can log in any more, soon: dovecot looks at the file once a second at most. Without the
   * file it would go on with what it had read.
   */
  private static void breakMail() throws IOException {
    move.neu().must("mv", USERS, USERS + ".away");
    move.neu().must("touch", USERS);
  }

  private static void awaitNobodyLetIn() throws Exception {
    TestingPatience.await(
        "dovecot to let nobody in",
        () ->
            !move.neu().run("doveadm", "auth", "test", "probe", LabServices.PASSWORD).succeeded());
  }

  private static void mendMail() throws IOException {
    move.neu().must("mv", USERS + ".away", USERS);
  }

  @Test
  @Order(1)
  void h60_a_mail_store_that_lets_nobody_in_is_left_by_a_rollback() throws Exception {
    move.godwit(0, "cutover", "--yes");
    breakMail();
    awaitNobodyLetIn();
    assertThat(move.godwit(0, "rollback", "--yes"))
        .contains("What mail clients remember was not compared: new: ")
        .contains("Rolled back: clients are served by old");
    mendMail();
    assertThat(move.godwit(0, "status")).contains("old serves");
  }

  @Test
  @Order(2)
  void h60_what_was_taken_back_is_settled_though_new_answers_badly() throws Exception {
    move.godwit(0, "cutover", "--yes");
    move.godwitKilled(
        line -> line.strip().equals("… stop"),
        command -> {
          command.kill();
          breakMail();
        },
        "rollback",
        "--yes");
    awaitNobodyLetIn();
    assertThat(move.godwit(0, "rollback", "--yes"))
        .contains("new serves, but: dovecot: check ")
        .contains("Rolled back: clients are served by old");
    mendMail();
    assertThat(move.godwit(0, "status")).contains("old serves");
  }

  /** Late clients of old cannot be passed on to new any more; that is a reason to go back. */
  @Test
  @Order(3)
  void h60_a_landing_that_does_not_start_on_new_keeps_nobody_from_the_rollback() throws Exception {
    move.godwit(0, "cutover", "--yes");
    move.neu().must("sh", "-c", NO_LANDING);
    assertThat(move.godwit(0, "rollback", "--yes"))
        .contains("Whether what still comes to old is passed on to new is not certain: ")
        .contains("Rolled back: clients are served by old");
    assertThat(move.godwit(0, "status")).contains("old serves");
  }
}
