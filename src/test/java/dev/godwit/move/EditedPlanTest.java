package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Trees that are put into the plan, taken out of it or changed between two commands: they are moved
 * by the next {@code start}, and nothing is removed or left behind for them.
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
}
