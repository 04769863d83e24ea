package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A rehearsal that is steered from a third host, over ssh; and whose host forgets it. */
@Tag("lab")
class RehearsalFarTest {
  @Test
  void h58_a_far_stage_goes_with_its_controller_and_leaves_nothing() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.controlFromClient();
      move.startClient();
      move.godwit(0, "start");
      Set<String> before = TestingTraces.of(move.neu());
      assertThat(move.godwit(0, "rehearse")).contains("✓ remove", "Next: godwit cutover");
      Set<String> after = TestingTraces.difference(before, TestingTraces.of(move.neu()));
      // The epoch of its orders, which `finish` removes: an older controller's must stay refused.
      after.removeAll(Set.of("+ path /run/godwit", "+ path /run/godwit/demo"));
      assertThat(after).isEmpty();
      try (TestingCommand killed =
          move.godwitWhen(
              line -> line.strip().equals("… stop"), TestingCommand::kill, "rehearse")) {
        assertThat(killed.exit(COMMAND_LIMIT)).isEqualTo(128 + 9);
      }
      // Its agent on new clears it away when the connection has ended; no command is needed.
      TestingPatience.await(
          "the folder beside the trees to be gone",
          () -> !move.neu().must("ls", "-A", "/srv").contains(".godwit"));
      TestingPatience.await(
          "the mirror to go on",
          () -> {
            String said = move.godwit(0, "status", "--json");
            return said.contains("\"live\"") && !said.contains("\"paused\"");
          });
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }
}
