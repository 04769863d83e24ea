package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why commands are refused, in words. */
final class RefusalTest {
  @Test
  void a_phase_in_which_nothing_can_be_switched_is_told_with_what_comes_first(@TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("the four.yaml");
    Files.writeString(
        file, "move: four\nold: root@old\nnew: local\nservices: [{ name: a, unit: a.service }]\n");
    Plan plan = Plan.read(file);
    assertThat(Phase.FINISHED.objection(plan))
        .isEqualTo(
            "new serves; the move is over; the next one takes a plan with another name under `move`");
    assertThat(Phase.PLANNED.objection(plan))
        .isEqualTo("the move has not begun, or was given up; first: godwit start '" + file + "'");
  }

  @Test
  void all_services_that_run_on_the_host_that_is_to_serve_are_named_at_once() {
    assertThat(CutoverPreparation.running(List.of("notes"), "new"))
        .isEqualTo(
            "notes runs on new already, on files that the mirror replaces: stop it there, and keep it from starting by itself");
    assertThat(CutoverPreparation.running(List.of("notes", "mail"), "old"))
        .startsWith("notes, mail run on old already, ")
        .endsWith(": stop them there, and keep them from starting by themselves");
  }
}
