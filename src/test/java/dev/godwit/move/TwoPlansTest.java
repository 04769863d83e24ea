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
            try (TestingCommand start = move.godwit("start", "--take-over")) {
              return start.exit(TestingMove.COMMAND_LIMIT) == 0;
            }
          });
      move.startClient();
      move.godwit(0, "cutover", "--yes");
      move.assertNewServes();
      laptop.must("kill", "-CONT", mirrors);
      TestingPatience.await(
          "the end of the mirrors that have slept",
          () -> laptop.run("pgrep", "-f", "godwit.jar background ").exit() == 1);
      assertThat(laptop.run(status, LIMIT).out()).contains("was taken over by another controller");
      move.proveMoved();
    }
  }

  /** Runs a command with another plan than the move's, to its end. */
  private static String godwit(TestingMove move, int exit, String plan, String... command)
      throws Exception {
    List<String> words = new ArrayList<>(TestingMove.program());
    words.addAll(List.of(command));
    words.add(plan);
    LabHost.Outcome outcome = move.neu().run(words, TestingMove.COMMAND_LIMIT);
    assertThat(outcome.exit()).as(outcome.out() + outcome.err()).isEqualTo(exit);
    return outcome.out() + outcome.err();
  }

  @Test
  void h56_mirrors_that_have_died_do_not_go_on_over_a_host_to_which_another_move_has_led_clients()
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String plan = new String(move.neu().readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
      String second = DemoPlan.PATH.replace(".yaml", "-second.yaml");
      move.neu().writeFile(second, plan.replaceFirst("move: \\S+", "move: second"));
      move.godwit(0, "start");
      move.killBackground();
      godwit(move, 0, second, "start");
      move.startClient();
      godwit(move, 0, second, "cutover", "--yes");
      move.awaitRequests(20);
      move.endClient();
      godwit(move, 0, second, "finish", "--now");
      String accepted = move.folders().getFirst() + "/accepted";
      move.neu().writeFile(accepted, "by new");
      String refusal = "nothing is mirrored to new: ";
      String advice = "godwit finish --abandon " + DemoPlan.PATH;
      assertThat(move.godwit(1, "status")).contains(refusal, advice);
      assertThat(move.godwit(1, "start")).contains("runs already, on files that the move will");
      assertThat(move.godwit(0, "rollback", "--yes")).contains("nothing to roll back");
      List<String> boot = new ArrayList<>(TestingMove.program());
      boot.addAll(List.of("go-on", DemoPlan.PATH));
      assertThat(move.neu().run(boot, LIMIT).err()).contains(refusal);
      assertThat(move.neu().run("pgrep", "-f", "godwit.jar background ").exit()).isEqualTo(1);
      assertThat(move.godwit(0, "finish", "--abandon")).contains("Abandoned");
      assertThat(move.neu().readFile(accepted)).asString().isEqualTo("by new");
      move.assertAllKept(move.neu());
    }
  }

  /** It was lost, or is on another host. */
  @Test
  void h59_without_the_journal_of_the_cut_over_nothing_is_ended_or_said_to_be_undone()
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      move.killBackground();
      move.neu().must("mkdir", "/root/copy");
      move.neu().must("sh", "-c", "cp -a /root/*.yaml /root/*.secret /root/copy");
      String copy = DemoPlan.PATH.replace("/root/", "/root/copy/");
      for (List<String> command :
          List.of(
              List.of("rollback", "--yes"),
              List.of("finish", "--abandon"),
              List.of("finish", "--abandon", "--now"))) {
        assertThat(godwit(move, 5, copy, command.toArray(String[]::new)))
            .contains("has released its clients to new, of which /root/copy/");
      }
      move.assertNewServes();
      move.godwit(1, "status"); // which lets the mirrors go on
      move.godwit(0, "rollback", "--yes");
      move.proveRolledBack();
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
