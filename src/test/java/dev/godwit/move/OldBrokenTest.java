package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabServices;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A cut-over fails, and on old too something does not start again, as what was edited weeks ago and
 * not restarted since: who can be served is, the status says what is missing, and nothing goes on
 * running on new.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OldBrokenTest extends TestingOneMove {
  private static final List<String> NAMES = List.of("app", "nginx", "dovecot");

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(300, "10s");
    for (LabHost host : List.of(move.old(), move.neu())) {
      for (String name : NAMES) {
        String script = "/usr/local/sbin/lab-" + name;
        String text = new String(host.readFile(script), StandardCharsets.UTF_8);
        String breakable = "start) [ ! -e /root/no-%s ] || { echo edited >&2; exit 7; };";
        host.writeFile(
            script, text.replaceFirst("start\\)", breakable.formatted(name)), "rwxr-xr-x");
      }
    }
    move.godwit(0, "start");
    move.neu().must("touch", "/root/no-nginx");
  }

  private static boolean runs(LabHost host, String name) {
    try {
      return host.run(LabServices.argv(name, "state").toArray(String[]::new)).exit() == 0;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertNothingRunsOnNew() {
    for (String name : NAMES) {
      assertThat(runs(move.neu(), name)).as(name + " on new").isFalse();
    }
  }

  private static boolean isServed(int port) throws Exception {
    String connect = "exec 3<>/dev/tcp/127.0.0.1/" + port;
    return move.old().run("bash", "-c", connect).exit() == 0;
  }

  /** With the rule off they would wait for half a minute, which is more than they do. */
  @Test
  @Order(0)
  void h50_on_the_way_back_nobody_waits_for_a_check_that_failed_before() throws Exception {
    move.startClient();
    move.awaitRequests(20);
    String plan = new String(move.neu().readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
    move.changePlan(now -> now.replace("127.0.0.1/\"", "127.0.0.1/missing\""));
    assertThat(move.godwit(4, "cutover", "--yes"))
        .contains("/missing fails before the switch already", "✓ back");
    move.awaitRequests(20);
    move.endClient();
    move.assertNoneFailed();
    move.changePlan(now -> plan);
  }

  @Test
  @Order(1)
  void h50_one_service_that_does_not_start_on_old_keeps_nobody_from_the_others() throws Exception {
    move.old().must("touch", "/root/no-dovecot");
    assertThat(move.godwit(4, "cutover", "--yes"))
        .contains("old serves, but not all of its services have started: dovecot: it does not")
        .contains("✓ follow");
    assertThat(isServed(80)).as("nginx on old").isTrue();
    assertThat(isServed(143)).as("dovecot on old").isFalse();
    assertNothingRunsOnNew();
    assertThat(move.godwit(1, "status")).contains("old: not all services have come back");
    move.old().must("rm", "/root/no-dovecot");
    assertThat(move.statusWithoutProblems()).contains("old serves");
    assertThat(isServed(143)).as("dovecot on old").isTrue();
  }

  @Test
  @Order(2)
  void h50_where_nothing_starts_on_old_new_is_stopped_and_the_status_says_so() throws Exception {
    for (String name : NAMES) {
      move.old().must("touch", "/root/no-" + name);
    }
    assertThat(move.godwit(1, "cutover", "--yes")).contains("✗ back").contains("✓ stop-new");
    assertNothingRunsOnNew();
    assertThat(move.godwit(1, "status"))
        .contains("! a switch failed, and taking it back failed too (", "app: it does not start")
        .contains("! old: ")
        .contains("app: it does not start");
    for (String name : NAMES) {
      move.old().must("rm", "/root/no-" + name);
    }
    TestingPatience.await(
        "old's own way back",
        () -> NAMES.stream().filter(name -> runs(move.old(), name)).count() == NAMES.size());
    move.godwit(0, "rollback", "--yes");
    assertThat(move.statusWithoutProblems()).contains("old serves");
    move.neu().must("rm", "/root/no-nginx");
    move.godwit(0, "cutover", "--yes");
  }
}
