package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.LabHost;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two controllers on two hosts, each of which has the plan and a journal of its own. */
@Tag("lab")
class TwoPlansTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void h59_mirrors_that_wake_up_when_another_one_has_moved_write_nothing_any_more()
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String plan = new String(move.neu().readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
      LabHost laptop = move.lab().client();
      move.controlFromClient();
      move.godwit(0, "start");
      List<String> status = new ArrayList<>(List.of("env", "-C", "/root"));
      status.addAll(TestingMove.program());
      status.addAll(List.of("status", "--json"));
      String mirrors = laptop.must("pgrep", "-f", "godwit.jar background ").strip();
      laptop.must("kill", "-STOP", mirrors);
      // Both hosts have given its lines up: what it held there is free.
      move.controlFrom(move.neu(), plan);
      TestingPatience.await(
          "another controller's start",
          () -> {
            try (TestingCommand start = move.godwit("start")) {
              return start.exit(TestingMove.COMMAND_LIMIT) == 0;
            }
          });
      move.startClient();
      move.godwit(0, "cutover", "--yes");
      move.assertNewServes();
      laptop.must("kill", "-CONT", mirrors);
      TestingPatience.await(
          "the mirrors that have slept to be halted",
          () -> laptop.run(status, LIMIT).out().contains("another controller has taken over"));
      assertThat(laptop.must("pgrep", "-f", "godwit.jar background ").strip()).isEqualTo(mirrors);
      move.proveMoved();
    }
  }

  @Test
  void a_second_plan_over_the_same_trees_says_whose_they_are_and_leaves_no_process()
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String plan = new String(move.neu().readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
      move.godwit(0, "start");
      String mirrors = move.neu().must("pgrep", "-f", "godwit.jar background ").strip();
      String second = DemoPlan.PATH.replace(".yaml", "-second.yaml");
      move.neu().writeFile(second, plan.replaceFirst("move: \\S+", "move: second"));
      List<String> start = new ArrayList<>(TestingMove.program());
      start.addAll(List.of("start", second));
      LabHost.Outcome refused = move.neu().run(start, TestingMove.COMMAND_LIMIT);
      assertThat(refused.exit()).as(refused.out() + refused.err()).isEqualTo(1);
      assertThat(refused.err())
          .contains(
              "another copy writes to this tree (process ", "godwit background " + DemoPlan.PATH)
          .contains("Nothing goes on trying");
      assertThat(move.neu().must("pgrep", "-f", "godwit.jar background ").strip())
          .isEqualTo(mirrors);
      assertThat(move.godwit(0, "status")).contains("new follows it");
    }
  }
}
