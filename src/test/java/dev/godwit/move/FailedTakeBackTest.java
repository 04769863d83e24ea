package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * An attempt fails, and taking it back fails too: the message says where the clients are, and the
 * same command comes to an end as if the first one had been killed. One lab and one client through
 * all of it, whose hold is longer than what a test waits for.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailedTakeBackTest extends TestingOneMove {
  private static final String FILL = "/usr/local/sbin/fill";
  private static final String VANISH = "/usr/local/sbin/vanish";

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100, "60s");
    // A small disk for what lies beside the plan.
    move.neu()
        .must(
            "bash",
            "-euc",
            "mkdir /run/small; mount -t tmpfs -o size=30m small /run/small;"
                + " cp -a /root/.ssh /root/move.yaml /root/*.secret /run/small; mount --bind /run/small /root");
    move.neu()
        .writeFile(
            FILL,
            """
            #!/bin/sh
            [ -e /run/is-to-fill ] || exit 0
            if [ -e /run/is-to-use-up ]; then
              for journal in /root/*.journal; do
                python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("VACUUM")' $journal
              done
            fi
            dd if=/dev/zero of=/root/filler bs=64k 2>/dev/null
            dd if=/dev/zero of=/root/filler-2 bs=1 2>/dev/null
            exit 0
            """,
            "rwxr-xr-x");
    move.old()
        .writeFile(
            VANISH,
            """
            #!/bin/sh
            [ -e /run/is-to-vanish ] || exit 0
            cp /etc/machine-id /run/machine-id
            echo 0123456789abcdef0123456789abcdef >/etc/machine-id
            pkill -9 -f '[a]gent-[0-9a-f]+[.]jar agent'
            """,
            "rwxr-xr-x");
    move.changePlan(
        plan ->
            plan
                + """
                hooks:
                  - { after: stop, on: here, run: [%s] }
                  - { after: release, on: old, run: [%s] }
                """
                    .formatted(FILL, VANISH));
    move.startClient();
    move.godwit(0, "start");
  }

  @Test
  @Order(1)
  void h83_a_disk_that_is_full_beside_the_plan_keeps_neither_a_switch_nor_the_way_back()
      throws Exception {
    move.neu().writeFile("/run/is-to-fill", "");
    move.godwit(0, "cutover", "--yes");
    move.assertNewServes();
    move.godwit(0, "rollback", "--yes");
    move.assertOldServes();
    move.assertNoneFailed();
    move.neu().must("rm", "-f", "/run/is-to-fill", "/root/filler", "/root/filler-2");
  }

  @Test
  @Order(1)
  void a_journal_that_cannot_be_written_any_more_keeps_nobody_waiting() throws Exception {
    move.neu().writeFile("/run/is-to-use-up", "");
    move.neu().writeFile("/run/is-to-fill", "");
    String said = move.godwit(1, "cutover", "--yes");
    assertThat(said)
        .contains("✗ stop", "is full); and taking it back failed: ")
        .contains("Clients go to the services of old. When what has failed is mended, run the same")
        .doesNotContain("when the hold ends");
    move.assertOldServes();
    move.assertNoneFailed();
    move.neu().must("rm", "-f", "/run/is-to-fill", "/root/filler", "/root/filler-2");
    assertThat(move.godwit(0, "rollback", "--yes")).contains("✓ back", "✓ stop-new");
    move.assertOldServes();
    assertThat(move.godwit(0, "report")).contains("cutover: taken back");
  }

  @Test
  @Order(2)
  void what_could_not_be_stopped_on_new_does_not_hide_that_old_has_its_clients() throws Exception {
    String good = text(APP);
    move.neu()
        .writeFile(
            APP,
            """
            #!/bin/sh
            case $1 in
              state) [ -e /run/half ] && exit 0; exit 3 ;;
              start) >/run/half; echo 'half of it hangs' >&2; exit 7 ;;
              stop) echo 'all of it hangs' >&2; exit 7 ;;
            esac
            """,
            "rwxr-xr-x");
    assertThat(move.godwit(1, "cutover", "--yes"))
        .contains("✗ start", "✓ back", "✗ stop-new", "all of it hangs")
        .contains("Clients go to the services of old. When what has failed is mended, run the same")
        .doesNotContain("when the hold ends");
    move.assertOldServes();
    move.neu().writeFile(APP, good, "rwxr-xr-x");
    move.neu().must("rm", "/run/half");
    assertThat(move.godwit(0, "rollback", "--yes")).contains("✓ stop-new");
    assertThat(move.godwit(0, "report")).doesNotContain("cutover: failed");
    move.assertNoneFailed();
  }

  @Test
  @Order(3)
  void h60_a_release_is_settled_and_rolled_back_though_a_service_of_new_does_not_start()
      throws Exception {
    move.endClient();
    String unused = releasedUnheard();
    String good = text(APP);
    move.neu().must(APP, "stop");
    move.neu()
        .writeFile(
            APP,
            """
            #!/bin/sh
            case $1 in
              state) exit 3 ;;
              start) echo 'no space left on device' >&2; exit 7 ;;
            esac
            """,
            "rwxr-xr-x");
    assertThat(move.godwit(0, "rollback", "--yes"))
        .contains("new serves, but: ", "no space left on device", "The switch had happened")
        .contains("Rolled back: clients are served by old");
    move.neu().writeFile(APP, good, "rwxr-xr-x");
    move.startClient();
    move.assertOldServes();
  }

  @Test
  @Order(4)
  void h58_a_release_whose_answer_was_lost_is_found_and_the_switch_is_done() throws Exception {
    assertThat(releasedUnheard())
        .contains("✗ release", "and taking it back failed: ", "is another machine")
        .contains("Whether clients were released to new is not known until the same command")
        .doesNotContain("back to old by itself");
    assertThat(move.godwit(0, "cutover", "--yes")).contains("The switch had happened: new serves");
    assertThat(move.godwit(0, "report"))
        .contains("cutover: done: new serves; found so at the gate")
        .doesNotContain("cutover: failed");
    TestingPatience.await(
        "the first look at the fences", () -> move.statusWithoutProblems().contains("fences: "));
    assertThat(move.statusWithoutProblems()).contains("gate on old");
    move.assertNewServes();
    move.assertNoneFailed();
    move.proveMoved();
  }

  /** The line to old dies with the answer, and old is another machine for as long as it lasts. */
  private static String releasedUnheard() throws Exception {
    move.old().writeFile("/run/is-to-vanish", "");
    String said = move.godwit(1, "cutover", "--yes");
    move.old().must("rm", "/run/is-to-vanish");
    move.old().must("cp", "/run/machine-id", "/etc/machine-id");
    return said;
  }
}
