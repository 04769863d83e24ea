package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The person at the terminal: Ctrl-C before the hold, in it and after it; a cut-over that waits;
 * and what the watch from outside tells of it all. One lab through all of it.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StopByHandTest extends TestingOneMove {
  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    move.startClient();
    move.godwit(0, "start");
  }

  @Test
  @Order(1)
  void before_the_hold_it_is_given_up() throws Exception {
    for (CutoverStep step : new CutoverStep[] {CutoverStep.AUDIT, CutoverStep.CAPTURE}) {
      String said = stoppedAt(TestingMove.begins(step), TestingCommand::interrupt, 1);
      assertThat(said)
          .contains("Stopping;", "stopped by hand before the hold: no client waited, old serves")
          .doesNotContain("✓ hold");
      assertOldServes();
    }
  }

  @Test
  @Order(2)
  void while_it_is_prepared_for_it_is_not_begun() throws Exception {
    int before = sshRunning();
    // So that the hosts are being connected for long enough.
    move.neu()
        .must(
            "nft",
            """
            table inet slow_test {
              chain o {
                type filter hook output priority 0;
                tcp dport 22 tcp flags & (syn | ack) == syn drop;
              }
            }
            """);
    try (TestingCommand stopped = move.godwit("cutover", "--yes")) {
      TestingPatience.await("a connection to old", () -> sshRunning() > before);
      stopped.interrupt();
      stopped.awaitLine("Stopping;", COMMAND_LIMIT);
      move.neu().must("nft", "delete table inet slow_test");
      assertThat(stopped.exit(COMMAND_LIMIT)).as(stopped.text()).isEqualTo(1);
      assertThat(stopped.text())
          .contains("Stopping;", "stopped by hand before the hold: no client waited, old serves")
          .doesNotContain("audit");
    }
    assertOldServes();
  }

  private static int sshRunning() throws Exception {
    return Integer.parseInt(move.neu().must("bash", "-c", "pgrep -cx ssh || true").strip());
  }

  @Test
  @Order(3)
  void in_the_hold_it_is_taken_back() throws Exception {
    for (CutoverStep step :
        new CutoverStep[] {
          CutoverStep.DRAIN, CutoverStep.STOP, CutoverStep.BARRIER, CutoverStep.START
        }) {
      String said =
          stoppedAt(
              TestingMove.begins(step),
              step == CutoverStep.DRAIN ? TestingCommand::hangUp : TestingCommand::interrupt,
              4);
      assertThat(said)
          .contains("Stopping;", "taken back, old serves: it was stopped by hand")
          .doesNotContain("✓ release");
      assertOldServes();
    }
  }

  @Test
  @Order(4)
  void what_clients_would_have_met_is_seen_from_outside() throws Exception {
    String table = "inet outside_test";
    String good = text(APP);
    // So that there is time for some requests before it is stopped.
    move.neu().writeFile(APP, good.replace("start)", "start) sleep 3"), "rwxr-xr-x");
    try (TestingCommand cutover =
        move.godwitWhen(
            TestingMove.begins(CutoverStep.BARRIER),
            command -> {
              // For whoever asks from here, the application's port is as if nobody listened.
              move.neu()
                  .must(
                      "nft",
                      """
                      table %s {
                        chain o {
                          type filter hook output priority 0;
                          ip daddr 10.103.0.2 tcp dport 8080 reject with tcp reset;
                        }
                      }
                      """
                          .formatted(table));
              Thread.sleep(900);
              command.interrupt();
            },
            "cutover",
            "--yes")) {
      assertThat(cutover.exit(COMMAND_LIMIT)).isEqualTo(4);
    } finally {
      move.neu().writeFile(APP, good, "rwxr-xr-x");
      move.neu().run("nft", "delete table " + table);
    }
    String report = move.godwit(0, "report");
    assertThat(report)
        .containsPattern("app at 10.103.0.2:8080: [0-9]+ requests, [1-9][0-9]* failed")
        .contains("the first failure: refused")
        .containsPattern("nginx at 10.103.0.2:80: [0-9]+ requests, 0 failed")
        .containsPattern("dovecot at 10.103.0.2:143: [0-9]+ requests, 0 failed");
    assertThat(move.godwit(0, "report", "--json"))
        .containsPattern("\"failures\" *: *[1-9]")
        .containsPattern("\"asked_for\" *: *\"greeting\"");
    assertOldServes();
  }

  @Test
  @Order(5)
  void a_cut_over_that_waits_can_be_given_up() throws Exception {
    try (TestingCommand waiting = move.godwit("cutover", "--yes", "--at", "03:00")) {
      waiting.awaitLine("Waiting until ", COMMAND_LIMIT);
      waiting.interrupt();
      assertThat(waiting.exit(COMMAND_LIMIT)).isEqualTo(5);
      assertThat(waiting.text()).contains("given up while it waited; old serves as before");
    }
    assertThat(move.godwit(5, "cutover", "--go")).contains("no cut-over of this plan waits");
    assertThat(move.godwit(0, "status")).doesNotContain("waits since");
    assertOldServes();
  }

  @Test
  @Order(6)
  void a_cut_over_that_waits_begins_when_somebody_says_so() throws Exception {
    try (TestingCommand waiting = move.godwit("cutover", "--yes", "--postpone")) {
      waiting.awaitLine("Waiting until somebody says so", COMMAND_LIMIT);
      assertThat(move.godwit(5, "cutover", "--yes", "--postpone"))
          .contains("waits already: process");
      Path file = move.neu().path("/root/demo.postponed");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      assertThat(move.godwit(0, "status"))
          .containsPattern(
              "cutover: waits since \\S+ until somebody says so \\(process [0-9]+\\); .*--go\n");
      assertThat(move.godwit(0, "status", "--json")).contains("\"until\" : \"somebody says so\"");
      assertThat(waiting.text()).doesNotContain("audit");
      move.godwit(0, "cutover", "--go");
      assertThat(waiting.exit(COMMAND_LIMIT)).as(waiting.text()).isZero();
    }
    assertThat(Files.exists(move.neu().path("/root/demo.postponed"))).isFalse();
    assertThat(move.godwit(0, "report"))
        .containsPattern("app at 10.103.0.2:8080: [0-9]+ requests, 0 failed")
        .containsPattern("nginx at 10.103.0.2:80: [0-9]+ requests, 0 failed")
        .containsPattern("dovecot at 10.103.0.2:143: [0-9]+ requests, 0 failed");
    move.proveMoved();
  }

  private static String stoppedAt(Predicate<String> line, TestingCommand.Act act, int exit)
      throws Exception {
    try (TestingCommand stopped = move.godwitWhen(line, act, "cutover", "--yes")) {
      assertThat(stopped.exit(COMMAND_LIMIT)).as(stopped.text()).isEqualTo(exit);
      return stopped.text();
    }
  }

  private static void assertOldServes() throws Exception {
    move.assertOldServes();
    move.awaitRequests(20);
    move.assertNoneFailed();
  }
}
