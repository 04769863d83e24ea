package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Trees and services that are put into the plan, taken out of it or changed between two commands:
 * they count from the next {@code start} on, and nothing is removed or left behind for them.
 */
@Tag("lab")
@Timeout(600)
class EditedPlanTest {
  private static final String MORE = "/srv/more";
  private static final String KEPT = "/srv/kept";

  private static void files(TestingMove move, String... trees) throws Exception {
    StringBuilder lines = new StringBuilder();
    List.of(trees).forEach(tree -> lines.append("  - ").append(tree).append('\n'));
    move.changePlan(
        plan ->
            plan.replaceAll("(?m)^  - [{]? ?(path: )?/srv/(more|kept).*\n", "")
                .replaceFirst("(?m)^files:\n", "files:\n" + lines));
  }

  private static boolean has(LabHost host, String path) throws Exception {
    return host.run("test", "-e", path).exit() == 0;
  }

  @Test
  void h60_trees_that_were_never_followed_are_not_switched_and_not_removed() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.old().writeFile(MORE + "/mail", "of old");
      move.old().writeFile(MORE + "/secret", "of old");
      move.old().writeFile(KEPT + "/mail", "of old");
      move.godwit(0, "start");

      files(move, MORE);
      for (List<String> command :
          List.of(List.of("cutover", "--yes"), List.of("rehearse"), List.of("verify"))) {
        assertThat(move.godwit(5, command.toArray(String[]::new)))
            .contains("/srv/more was not there", "godwit start");
      }
      move.assertOldServes();
      assertThat(move.godwit(0, "start")).contains("begin with the plan's");
      assertThat(has(move.neu(), MORE + "/mail")).isTrue();

      files(move, "{ path: /srv/more, exclude: [secret] }");
      assertThat(move.godwit(5, "cutover", "--yes"))
          .contains("/srv/more was followed with another `to`, `exclude` or `mounts`");
      files(move, MORE);
      assertThat(move.godwit(0, "cutover", "--yes"))
          .contains(move.folders().size() + 1 + " mirrors stopped");
      move.neu().writeFile(MORE + "/accepted", "by new");
      TestingPatience.await("old to follow", () -> has(move.old(), MORE + "/accepted"));

      // The mirrors go from new to old now: what new never had, they would remove.
      files(move, MORE, KEPT);
      move.killBackground();
      assertThat(move.godwit(1, "status")).contains("/srv/kept was not there");
      assertThat(move.godwit(5, "rollback", "--yes"))
          .contains("/srv/kept was not there", "Put them back as they were");
      assertThat(move.godwit(5, "start")).contains("Put them back as they were");
      files(move);
      assertThat(move.godwit(5, "rollback", "--yes")).contains("/srv/more was there");
      move.assertNewServes();
      assertThat(has(move.old(), KEPT + "/mail")).isTrue();

      files(move, MORE);
      move.godwit(0, "rollback", "--yes");
      assertThat(has(move.old(), MORE + "/accepted")).isTrue();
      assertThat(has(move.old(), KEPT + "/mail")).isTrue();
      move.proveRolledBack();
    }
  }

  /** One that is forgotten would go on to write on the host that is left. */
  @Test
  void h60_services_that_the_move_was_not_started_with_are_not_switched_and_not_forgotten()
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      UnaryOperator<String> without =
          plan -> plan.replaceFirst("(?m)^  - name: dovecot\n(    .*\n)+", "");
      for (List<String> command : List.of(List.of("cutover", "--yes"), List.of("rehearse"))) {
        assertThat(edited(move, without, 5, command))
            .contains("service dovecot was there", "godwit start");
        assertThat(
                edited(move, plan -> plan.replace("ports: [143]", "ports: [143, 144]"), 5, command))
            .contains("service dovecot had other ports or sockets");
      }
      move.assertOldServes();
      assertThat(edited(move, without, 0, List.of("start"))).contains("begin with the plan's");
      assertThat(move.godwit(5, "cutover", "--yes")).contains("service dovecot was not there");
      move.godwit(0, "start");

      // How one is asked whether it is well may be changed at any time.
      UnaryOperator<String> asked =
          plan -> plan.replace("http://127.0.0.1/\"", "http://127.0.0.1:80/\"");
      edited(move, asked, 0, List.of("cutover", "--yes"));
      edited(move, asked, 0, List.of("status"));

      assertThat(edited(move, without, 1, List.of("status")))
          .containsOnlyOnce("service dovecot was there");
      for (List<String> command :
          List.of(List.of("rollback", "--yes"), List.of("start"), List.of("cutover", "--yes"))) {
        assertThat(edited(move, without, 5, command))
            .contains("service dovecot was there", "Put them back as they were");
      }
      move.assertNewServes();
      move.godwitKilled(
          line -> line.strip().equals("… barrier"), TestingCommand::kill, "rollback", "--yes");
      assertThat(edited(move, without, 5, List.of("rollback", "--yes")))
          .contains("service dovecot was there", "Put them back as they were");
      assertThat(move.godwit(1, "status"))
          .contains("a rollback is under way")
          .doesNotContain("Permission denied"); // who passes clients on still knows all ports
      move.godwit(0, "rollback", "--yes");
      for (List<String> command : List.of(List.of("start"), List.of("finish", "--abandon"))) {
        assertThat(edited(move, without, 5, command))
            .contains("no longer has service dovecot, which a switch has left fenced on new");
      }
      move.proveRolledBack();
    }
  }

  private static UnaryOperator<String> allStart(String command) {
    return plan -> plan.replaceAll("(?m)^    start: .*$", "    start: [" + command + "]");
  }

  /** How a service is started may be put right at any time, also when both hosts need it. */
  @Test
  void h58_a_plan_that_was_put_right_ends_what_its_commands_could_not() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      String none = "/usr/local/sbin/none";
      assertThat(edited(move, allStart(none), 1, List.of("check")))
          .contains("not installed: " + none);
      assertThat(edited(move, allStart(none), 1, List.of("cutover", "--yes")))
          .contains(none + " of app on old", none + " of app on new")
          .doesNotContain("… hold");
      move.assertOldServes();
      move.assertNoneFailed();
      move.endClient();

      assertThat(edited(move, allStart("/bin/false"), 1, List.of("cutover", "--yes")))
          .contains("taking it back failed", "run the same command again");
      assertThat(edited(move, allStart("/bin/false"), 1, List.of("rollback", "--yes")))
          .contains("the way back failed and is tried again");
      move.godwit(0, "rollback", "--yes");
      move.startClient();
      move.assertOldServes();
      move.holdLong();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }

  /** What a command says with another plan, which is as it was afterwards. */
  private static String edited(
      TestingMove move, UnaryOperator<String> change, int exit, List<String> command)
      throws Exception {
    AtomicReference<String> before = new AtomicReference<>("");
    move.changePlan(
        plan -> {
          before.set(plan);
          String changed = change.apply(plan);
          assertThat(changed).isNotEqualTo(plan);
          return changed;
        });
    String said = move.godwit(exit, command.toArray(String[]::new));
    move.changePlan(changed -> before.get());
    return said;
  }
}
