package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Back and forth: one lab and one client that asks throughout, which never notices and loses
 * nothing, whichever host serves and whichever address it asks at.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RollbackTest extends TestingOneMove {
  /** How long new takes writes that old must have afterwards. */
  private static final Duration NEW_WRITES = Duration.ofSeconds(20);

  private static final String STRAY = "/srv/www/by-cron";

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    move.startClient();
    move.godwit(0, "start");
  }

  @Test
  @Order(1)
  void before_the_hold_there_is_nothing_to_roll_back() throws Exception {
    assertThat(move.godwit(0, "rollback")).contains("nothing to roll back");
    move.assertOldServes();
  }

  @Test
  @Order(2)
  void h60_after_the_release_with_all_that_new_has_accepted_since() throws Exception {
    move.godwit(0, "cutover", "--yes");
    move.assertNewServes();
    long before = move.posts(move.neu());
    Thread.sleep(NEW_WRITES);
    assertThat(move.posts(move.neu()) - before).as("notes that new took").isGreaterThan(100);
    String status = move.godwit(0, "status", "--json");
    assertThat(status).containsPattern("\"follows\" *: *\"new\"").doesNotContain("reconnecting");
    JsonNode gate = JsonMapper.shared().readTree(status).path("gate");
    assertThat(gate.path("visitors"))
        .extracting(each -> each.path("address").asString())
        .contains(Lab.CLIENT_ADDRESS);
    for (JsonNode group : gate.path("groups")) {
      assertThat(group.path("total").asLong()).as("%s", group).isPositive();
      assertThat(group.path("bytes").asLong()).as("%s", group).isPositive();
    }
    assertThat(move.godwit(0, "status"))
        .containsPattern("nginx 80: [0-9]+ open, 0 held, [0-9,]+ in all, 0 refused, ")
        .containsPattern(Lab.CLIENT_ADDRESS + " came .* ago, [0-9,]+ connections")
        .contains("checks: 3 checks passed");
    assertThat(move.godwit(5, "rollback")).contains("--yes");
    move.godwit(0, "rollback", "--yes");
    move.assertOldServes();
    move.assertNoNoteLost(move.old());
    move.awaitRequests(50);
    move.assertNoneFailed();
    assertThat(move.godwit(0, "status", "--json"))
        .containsPattern("\"phase\" *: *\"following\"")
        .containsPattern("\"follows\" *: *\"old\"");
  }

  @Test
  @Order(3)
  void h60_a_cut_over_that_could_not_be_rolled_back_is_refused_unless_told() throws Exception {
    // New cannot reach the landing on old.
    move.old()
        .must(
            "nft",
            """
            table inet lab_one_way {
              chain in {
                type filter hook input priority 0
                ip saddr %s tcp dport 1024-65535 tcp flags & (fin | syn | rst | ack) == syn drop
              }
            }
            """
                .formatted(Lab.NEW_ADDRESS));
    assertThat(move.godwit(1, "cutover", "--yes"))
        .contains("✗ capture")
        .contains("there would be no way back from new")
        .contains("--no-way-back");
    move.assertOldServes();
    assertThat(move.godwit(0, "cutover", "--yes", "--no-way-back"))
        .contains("no way back from new");
    assertThat(move.godwit(0, "report"))
        .containsPattern("Warnings:\n.*there would be no way back from new: .* \\[no-way-back\\]");
    move.old().must("nft", "delete table inet lab_one_way");
    move.assertNewServes();
    move.assertNoNoteLost(move.neu());
    move.awaitRequests(50);
    move.assertNoneFailed();
  }

  @Test
  @Order(4)
  void h56_a_service_that_does_not_start_on_old_leaves_new_serving() throws Exception {
    byte[] good = move.old().readFile(APP);
    move.old()
        .writeFile(
            APP,
            """
            #!/bin/sh
            case $1 in
              state) exit 3 ;;
              start) echo 'the disk is worn out' >&2; exit 7 ;;
            esac
            """,
            "rwxr-xr-x");
    String said = move.godwit(4, "rollback", "--yes");
    move.old().writeFile(APP, new String(good), "rwxr-xr-x");
    assertThat(said)
        .contains("✗ start")
        .contains("the disk is worn out")
        .contains("taken back, new serves");
    move.assertNewServes();
    move.assertNoNoteLost(move.neu());
    move.awaitRequests(50);
    move.assertNoneFailed();
    assertThat(move.godwit(0, "status", "--json"))
        .containsPattern("\"phase\" *: *\"new-serves\"")
        .containsPattern("\"follows\" *: *\"new\"");
  }

  @Test
  @Order(5)
  void a_mirror_that_has_died_goes_on_with_the_next_status_or_rollback() throws Exception {
    move.killBackground();
    assertThat(move.godwit(1, "status")).contains("started again just now");
    TestingPatience.await(
        "old to follow new again",
        () -> !move.godwit(0, "status", "--json").contains("\"copying\""));
    move.killBackground();
    move.awaitRequests(100); // nothing of it is on old
    move.godwit(0, "rollback", "--yes");
    move.assertOldServes();
    move.assertNoNoteLost(move.old());
    move.assertNoneFailed();
  }

  @Test
  @Order(6)
  void h60_what_somebody_has_written_on_old_meanwhile_is_not_replaced_unasked() throws Exception {
    try (TestingCommand cutover =
        move.godwitWhen(
            TestingMove.begins(CutoverStep.CHECK),
            command -> move.old().writeFile(STRAY, "written by cron\n"),
            "cutover",
            "--yes")) {
      assertThat(cutover.exit(TestingMove.COMMAND_LIMIT)).isEqualTo(1);
      assertThat(cutover.text())
          .contains("✓ release")
          .contains("new serves, but old does not follow it")
          .contains(STRAY);
    }
    move.assertNewServes();
    assertThat(move.godwit(1, "status"))
        .contains(STRAY)
        .contains("The way back, once the mirror goes on (godwit start): godwit rollback.");
    assertThat(move.godwit(5, "rollback", "--yes")).contains(STRAY);
    assertThat(move.godwit(5, "start")).contains("godwit start --replace");
    assertThat(move.old().readFile(STRAY)).isEqualTo("written by cron\n".getBytes());
    move.assertNewServes();
    move.godwit(0, "start", "--replace");
    assertThat(move.old().run("test", "-e", STRAY).exit()).isEqualTo(1);
    move.assertNoneFailed();
  }

  @Test
  @Order(7)
  void just_before_finish_when_clients_have_the_new_address() throws Exception {
    move.repoint(Lab.NEW_ADDRESS);
    Thread.sleep(Duration.ofSeconds(3));
    move.godwit(0, "rollback", "--yes");
    // They still come to new, and are served by old.
    move.assertOldServes();
    move.awaitRequests(50);
    move.assertNoneFailed();
    assertThat(move.godwit(5, "finish", "--abandon"))
        .contains("clients still come to new")
        .containsPattern("; the last were .*" + Lab.CLIENT_ADDRESS + " \\(0 s ago\\)");
    move.repoint(Lab.OLD_ADDRESS);
    move.proveRolledBack();
  }

  @Test
  @Order(8)
  void what_was_rolled_back_can_be_given_up() throws Exception {
    move.godwit(0, "finish", "--abandon", "--quiet", "1");
    assertThat(move.godwit(0, "rollback")).contains("nothing was started");
  }
}
