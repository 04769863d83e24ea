package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabServices;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A service that does not come up on new: old serves again by itself, the message says what failed,
 * and no client has noticed. One lab and one client through all of it, so that each attempt also
 * begins where a failed one has ended; the last one succeeds.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WayBackTest extends TestingOneMove {
  private static final String NGINX = "/usr/local/sbin/lab-nginx";

  private static final Duration HOLD = Duration.ofSeconds(10);

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(300, HOLD.toSeconds() + "s");
    move.startClient();
    move.godwit(0, "start");
  }

  @Test
  @Order(1)
  void a_service_that_does_not_start() throws Exception {
    String good = text(NGINX);
    move.neu()
        .writeFile(
            NGINX,
            """
            #!/bin/sh
            case $1 in
              state) exit 3 ;;
              start) echo 'unknown directive "sevrer"' >&2; exit 7 ;;
            esac
            """,
            "rwxr-xr-x");
    String said = move.godwit(4, "cutover", "--yes");
    move.neu().writeFile(NGINX, good, "rwxr-xr-x");
    assertThat(said)
        .contains("✗ start")
        .contains("nginx: it does not start")
        .contains("ended with 7")
        .contains("unknown directive \"sevrer\"")
        .contains("old serves");
    assertAllIsBack();
  }

  @Test
  @Order(2)
  void a_service_that_starts_and_answers_wrongly() throws Exception {
    String good = text(NGINX_CONF);
    move.neu()
        .writeFile(NGINX_CONF, good.replace("index index.html;", "location = / { return 503; }"));
    String said = move.godwit(4, "cutover", "--yes");
    move.neu().writeFile(NGINX_CONF, good);
    assertThat(said)
        .contains("✗ check")
        .contains("nginx: check http http://127.0.0.1/ failed")
        .contains("503 Service Temporarily Unavailable")
        .contains("old serves");
    assertAllIsBack();
    System.out.println("measured: taken back for a check, longest wait " + move.longestWait());
    if (TestingQuiet.MACHINE) {
      assertThat(move.longestWait()).as("the hold that the plan allows").isLessThan(HOLD);
    }
  }

  @Test
  @Order(3)
  void h50_a_service_that_hangs_when_it_starts() throws Exception {
    String good = text(APP);
    move.neu()
        .writeFile(
            APP,
            """
            #!/bin/sh
            case $1 in
              state) exit 3 ;;
              start) sleep 611 ;;
            esac
            """,
            "rwxr-xr-x");
    String said = move.godwit(4, "cutover", "--yes");
    move.neu().writeFile(APP, good, "rwxr-xr-x");
    assertThat(said)
        .contains("✗ start")
        .contains("app: it does not start")
        .containsPattern("did not end within [0-9]+ ms")
        .contains("old serves");
    assertThat(move.neu().must("ps", "-eo", "args")).doesNotContain("sleep 611");
    assertAllIsBack();
  }

  @Test
  @Order(4)
  void h63_a_start_that_says_done_and_starts_nothing() throws Exception {
    String good = text(APP);
    move.neu()
        .writeFile(
            APP,
            """
            #!/bin/sh
            case $1 in
              state) exit 3 ;;
            esac
            """,
            "rwxr-xr-x");
    String said = move.godwit(4, "cutover", "--yes");
    move.neu().writeFile(APP, good, "rwxr-xr-x");
    assertThat(said)
        .contains("✗ start")
        .contains("app: started on new, but its state says that it does not run")
        .contains("old serves");
    assertAllIsBack();
  }

  /**
   * Its checks might be passed by whoever it is, and the way back would stop him as the service.
   */
  @Test
  @Order(5)
  void h63_somebody_else_at_a_port_of_new_is_found_before_anybody_waits() throws Exception {
    String stranger = listenInstead(move.neu());
    assertThat(move.godwit(1, "cutover", "--yes"))
        .contains("✗ audit")
        .contains("port 8080 on new, which is for app, is taken by python3 (" + stranger + ")")
        .doesNotContain("… hold");
    move.neu().must("kill", stranger);
    // What looks for him every few seconds may have met him.
    move.statusWithoutProblems();
    assertAllIsBack();
  }

  /** As by a supervisor that knows of no fence; a hook does it at the moment that is wanted. */
  @Test
  @Order(6)
  void h56_what_is_started_on_old_again_is_found_before_clients_are_released() throws Exception {
    String hook =
        "\nhooks: [{ before: start, on: old, run: [sh, -c, \"exec 3>>/srv/notes/notes.log; sleep 613 </dev/null >/dev/null 2>&1 &\"] }]\n";
    move.changePlan(plan -> plan + hook);
    String said = move.godwit(4, "cutover", "--yes");
    move.changePlan(plan -> plan.replace(hook, ""));
    move.old().must("pkill", "-f", "^sleep 613$");
    assertThat(said)
        .contains("✗ check")
        .contains("the services on old had stopped, but since then: sleep (")
        .contains(") writes /srv/notes/notes.log")
        .doesNotContain("… release")
        .contains("old serves");
    assertAllIsBack();
  }

  /** What the hold keeps for the way back is not used up by waiting for him. */
  @Test
  @Order(7)
  void h62_who_goes_on_writing_on_old_is_not_waited_for_to_the_end_of_the_hold() throws Exception {
    String writer =
        move.old()
            .must(
                "sh",
                "-c",
                "exec 3>>/srv/notes/notes.log; setsid sleep 614 </dev/null >/dev/null 2>&1 & echo $!")
            .strip();
    String said = move.godwit(4, "cutover", "--yes");
    move.old().must("kill", writer);
    assertThat(said)
        .contains("the services on old have stopped, but still: sleep (" + writer + ") writes")
        .contains("old serves");
    Matcher stop = Pattern.compile("✗ stop +([0-9]+)[.0-9]* ms").matcher(said);
    assertThat(stop.find()).isTrue();
    assertThat(Long.parseLong(stop.group(1)))
        .as("what it may take of the hold, ms")
        .isLessThan(HOLD.toMillis() * 9 / 10);
    assertAllIsBack();
  }

  @Test
  @Order(8)
  void the_same_command_succeeds_when_new_is_repaired() throws Exception {
    move.godwit(0, "cutover", "--yes");
    move.proveMoved();
  }

  @Test
  @Order(9)
  void h63_somebody_else_at_a_port_of_old_is_found_before_a_rollback() throws Exception {
    String stranger = listenInstead(move.old());
    assertThat(move.godwit(1, "rollback", "--yes"))
        .contains("✗ audit")
        .contains("port 8080 on old, which is for app, is taken by python3 (" + stranger + ")");
    move.old().must("kill", stranger);
    move.godwit(0, "rollback", "--yes");
    assertThat(move.statusWithoutProblems()).contains("old serves");
  }

  /** The number of a process that listens on the port of the application and is none of it. */
  private static String listenInstead(LabHost host) throws Exception {
    String started =
        host.must(
            "sh",
            "-c",
            "cd /; setsid python3 -m http.server 8080 </dev/null >/dev/null 2>&1 & echo $!");
    TestingPatience.await(
        "somebody to listen on port 8080",
        () -> host.must("ss", "-Hltn", "sport", "=", ":8080").contains(":8080"));
    return started.strip();
  }

  /** Old serves, nothing runs on new, the mirror goes on, and the status says so. */
  private static void assertAllIsBack() throws Exception {
    move.assertOldServes();
    move.awaitRequests(50);
    move.assertNoneFailed();
    assertThat(move.posts(move.neu())).as("notes that new took").isZero();
    LabHost neu = move.neu();
    for (String name : List.of("dovecot", "nginx", "app")) {
      String[] state = LabServices.argv(name, "state").toArray(String[]::new);
      assertThat(neu.run(state).exit()).as(name + " on new").isEqualTo(3);
    }
    assertThat(move.godwit(0, "status", "--json")).containsPattern("\"phase\" *: *\"following\"");
  }
}
