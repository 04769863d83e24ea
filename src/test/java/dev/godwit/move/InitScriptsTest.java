package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Services that System V init starts, dovecot by the script of its own package, whose stop leaves
 * sessions behind: a whole move, then a reboot of old.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class InitScriptsTest extends TestingOneMove {
  private static Set<String> before;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    TestingBoot.installBoth(move);
    before = TestingTraces.of(move.old());
  }

  @Test
  @Order(1)
  void h62_sessions_that_a_stop_leaves_behind_are_ended_and_nothing_is_lost() throws Exception {
    move.startClient();
    move.godwit(0, "start");
    move.awaitRequests(50);
    move.godwit(0, "cutover", "--yes");
    move.awaitRequests(50);
    assertThat(move.old().run("pgrep", "-f", "dovecot").out()).as("dovecot on old").isEmpty();
    move.proveMoved();
  }

  @Test
  @Order(2)
  void h57_after_a_reboot_old_forwards_and_starts_no_service() throws Exception {
    long posts = move.posts(move.neu());
    TestingBoot.reboot(move.old());
    for (String name : TestingBoot.SERVICES) {
      assertThat(move.old().run("/etc/init.d/" + name, "status").exit())
          .as(name + " on old after the reboot")
          .isNotZero();
    }
    TestingPatience.await("the forward of old", InitScriptsTest::isNoteTaken);
    // The application writes its log when it has answered.
    TestingPatience.await("the note in new's log", () -> move.posts(move.neu()) == posts + 1);
    assertThat(move.statusWithoutProblems()).contains("new serves");
  }

  /** Of somebody who still comes to old. */
  private static boolean isNoteTaken() throws Exception {
    return move.lab()
        .client()
        .run("curl", "-sf", "-m", "5", "-d", "after-the-reboot x", "http://10.103.0.2:8080/notes")
        .succeeded();
  }

  @Test
  @Order(3)
  void h57_after_a_reboot_of_new_what_comes_to_old_lands_again() throws Exception {
    TestingBoot.link(move.neu()); // as one does with a host that serves
    long posts = move.posts(move.neu());
    TestingBoot.reboot(move.neu());
    TestingPatience.await("a note through old", InitScriptsTest::isNoteTaken);
    // The application writes its log when it has answered.
    TestingPatience.await("the note in new's log", () -> move.posts(move.neu()) == posts + 1);
    // The commands are typed on new: nobody types one, and the mirrors go on.
    move.neu().writeFile("/srv/www/after-the-reboot", "x");
    TestingPatience.await(
        "what new has got since on old",
        () -> move.old().run("test", "-e", "/srv/www/after-the-reboot").succeeded());
    assertThat(move.statusWithoutProblems()).doesNotContain("the mirror did not run");
    assertThat(move.godwit(0, "start")).contains("Old follows new");
  }

  @Test
  @Order(4)
  void finish_leaves_the_fences_and_nothing_else() throws Exception {
    String entries = "find /etc /var/log -name '*godwit-*' -not -name 'godwit-fence.*'";
    assertThat(move.neu().must("bash", "-c", entries)).contains("/etc/rc2.d/S99godwit-follow-demo");
    move.godwit(0, "finish", "--now");
    assertThat(move.neu().must("bash", "-c", entries)).isEmpty();
    Set<String> difference = TestingTraces.difference(before, TestingTraces.of(move.old()));
    // The agent is kept for the next move (docs/by-hand.md).
    difference.removeIf(line -> line.contains("/godwit/agent") || line.endsWith("/lib/godwit"));
    difference.removeIf(line -> line.startsWith("- "));
    difference.removeIf(line -> line.startsWith("+ process ") || line.startsWith("+ path /root"));
    assertThat(difference)
        .containsExactlyInAnyOrder(
            "+ path /etc/rc2.d/godwit-fence.S20app",
            "+ path /etc/rc2.d/godwit-fence.S20dovecot",
            "+ path /etc/rc2.d/godwit-fence.S20nginx");
    TestingBoot.reboot(move.old());
    assertThat(move.old().run("/etc/init.d/dovecot", "status").exit()).isNotZero();
  }
}
