package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.host.HostException;
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

  /** As by every other command; scripts go by the exit value that it has. */
  @Test
  void a_start_that_does_not_reach_a_host_fails_for_that(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("move.yaml");
    Files.writeString(
        file,
        "move: unreached\nold: root@127.0.0.1\nssh: [\"-p\", \"1\"]\nnew: local\nservices: [{ name: a, unit: a.service }]\n");
    try (Move move = Move.open(Plan.read(file), "start", MoveListener.SILENT)) {
      assertThatThrownBy(() -> new Starter(move).run(false, false))
          .isInstanceOf(HostException.class)
          .hasMessageStartingWith("unreached cannot be started:\n  Cannot ")
          .hasMessageNotContaining("see the message");
    }
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
