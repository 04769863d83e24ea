package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.check.Code;
import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two controllers of one move, each with a journal of its own (H59). The first one is typed on old,
 * the second one on new.
 */
@Tag("lab")
class TakeOverTest {
  private static final String BACKGROUND = "godwit.jar background ";

  /** The plan as it is typed on new, before the first controller is another host. */
  private static String planOfNew(TestingMove move) throws Exception {
    return new String(move.neu().readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
  }

  /** Commands are typed on old from now on. */
  private static void controlFromOld(TestingMove move) throws Exception {
    move.controlFrom(
        move.old(),
        planOfNew(move)
            .replace("old: root@" + Lab.OLD_ADDRESS, "old: local")
            .replace("new: local", "new: root@" + Lab.NEW_ADDRESS));
  }

  private static String machine(LabHost host) throws Exception {
    return new String(host.readFile("/etc/machine-id"), StandardCharsets.UTF_8).strip();
  }

  private static List<Set<String>> traces(TestingMove move) throws Exception {
    return List.of(TestingTraces.of(move.old()), TestingTraces.of(move.neu()));
  }

  private static void assertNothingLeft(TestingMove move, List<Set<String>> before)
      throws Exception {
    List<LabHost> hosts = List.of(move.old(), move.neu());
    Set<String> left = new TreeSet<>();
    TestingPatience.await(
        () -> "the end of " + left,
        () -> {
          left.clear();
          for (int i = 0; i < hosts.size(); i++) {
            TestingTraces.difference(before.get(i), TestingTraces.of(hosts.get(i))).stream()
                .filter(line -> !AbandonTest.isService(line))
                .forEach(left::add);
          }
          return left.isEmpty();
        });
  }

  /** What changes on old gets to new. */
  private static void assertFollows(TestingMove move, String name) throws Exception {
    String file = move.folders().getFirst() + "/" + name;
    move.old().writeFile(file, "by old");
    TestingPatience.await(
        "what changed on old to be on new", () -> Files.exists(move.neu().path(file)));
  }

  @Test
  void h59_a_second_start_is_refused_and_the_first_is_left_in_peace() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String plan = planOfNew(move);
      controlFromOld(move);
      move.godwit(0, "start");
      String mirrors = move.old().must("pgrep", "-f", BACKGROUND).strip();
      move.controlFrom(move.neu(), plan);
      for (String[] command : new String[][] {{"start"}, {"finish", "--abandon"}}) {
        assertThat(move.godwit(5, command))
            .contains("demo was begun by another controller, and is not over: ")
            .contains("(machine id " + machine(move.old()) + "), plan " + DemoPlan.PATH)
            .containsPattern("since [0-9T:-]+Z, with its last order at [0-9T:-]+Z, as ")
            .contains("Give the commands there. ")
            .contains("godwit start --take-over " + DemoPlan.PATH);
      }
      assertThat(move.neu().run("pgrep", "-f", BACKGROUND).exit()).isEqualTo(1);
      controlFromOld(move);
      assertFollows(move, "meanwhile");
      assertThat(move.godwit(0, "status")).contains("new follows it");
      assertThat(move.old().must("pgrep", "-f", BACKGROUND).strip()).isEqualTo(mirrors);
    }
  }

  @Test
  void h59_a_controller_that_was_taken_over_says_so_and_the_other_one_finishes() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      List<Set<String>> before = traces(move);
      String plan = planOfNew(move);
      controlFromOld(move);
      move.godwit(0, "start");
      move.controlFrom(move.neu(), plan);
      assertThat(move.godwit(0, "start", "--take-over"))
          .contains("Taken over from ", machine(move.old()));
      assertThat(move.godwit(0, "status")).contains("new follows it");
      assertFollows(move, "by-the-second");
      String told = "demo was taken over by another controller: ";
      controlFromOld(move);
      awaitNoMirrors(move.old());
      for (List<String> command :
          List.of(
              List.of("status"),
              List.of("start"),
              List.of("start", "--new-root"),
              List.of("cutover", "--yes"),
              List.of("rollback", "--yes"),
              List.of("finish", "--abandon"))) {
        int exit = command.contains("status") ? 1 : 5;
        assertThat(move.godwit(exit, command.toArray(String[]::new)))
            .contains(told, "(machine id " + machine(move.neu()) + ")", "start --take-over")
            .doesNotContain("follows", "--new-root");
      }
      assertThat(move.godwit(1, "check")).contains(Code.OTHER_CONTROLLER.word(), told);
      List<String> boot =
          Stream.concat(TestingMove.program().stream(), Stream.of("go-on", DemoPlan.PATH)).toList();
      assertThat(move.old().run(boot, Duration.ofSeconds(60)).exit()).isZero();
      assertThat(move.old().run("pgrep", "-f", BACKGROUND).exit()).isEqualTo(1);
      move.controlFrom(move.neu(), plan);
      assertThat(move.godwit(0, "finish", "--abandon")).contains("Abandoned");
      assertNothingLeft(move, before);
      controlFromOld(move);
      assertThat(move.godwit(1, "status")).contains(told).doesNotContain("follows");
      assertThat(move.godwit(5, "start")).contains(told);
      assertThat(move.godwit(0, "start", "--take-over")).contains("New follows old");
      assertThat(move.godwit(0, "status")).contains("new follows it");
      assertFollows(move, "by-the-first");
      move.godwit(0, "finish", "--abandon");
      assertNothingLeft(move, before);
    }
  }

  private static void awaitNoMirrors(LabHost host) throws Exception {
    TestingPatience.await(
        "the end of the mirrors' process", () -> host.run("pgrep", "-f", BACKGROUND).exit() == 1);
  }

  /** It sleeps, and would not hear of anything. */
  @Test
  void h59_finish_comes_through_where_the_mirrors_of_the_first_one_still_live() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      List<Set<String>> before = traces(move);
      String plan = planOfNew(move);
      controlFromOld(move);
      move.godwit(0, "start");
      move.old().must("kill", "-STOP", move.old().must("pgrep", "-f", BACKGROUND).strip());
      move.controlFrom(move.neu(), plan);
      TestingPatience.await(
          "the other controller's start",
          () -> {
            try (TestingCommand start = move.godwit("start", "--take-over")) {
              return start.exit(TestingMove.COMMAND_LIMIT) == 0;
            }
          });
      assertThat(move.old().run("pgrep", "-f", BACKGROUND).succeeded()).isTrue();
      assertThat(move.godwit(0, "finish", "--abandon")).contains("Abandoned");
      assertNothingLeft(move, before);
    }
  }

  /** Another copy of the plan on the same host: its process would have the same socket. */
  @Test
  void h59_a_copy_of_the_plan_in_another_folder_is_another_controller() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.godwit(0, "start");
      String copy = DemoPlan.PATH.replace("/root/", "/root/copy/");
      move.neu().must("mkdir", "/root/copy");
      move.neu().must("sh", "-c", "cp -a /root/*.yaml /root/copy");
      assertThat(move.godwit(5, "start", copy))
          .contains("plan " + DemoPlan.PATH + ", since ", "start --take-over " + copy);
      assertThat(move.godwit(0, "status")).contains("new follows it");
      move.godwit(0, "start", "--take-over", copy);
      assertThat(move.godwit(0, "status", copy)).contains("new follows it");
      assertThat(move.godwit(1, "status"))
          .contains("was taken over by another controller", "plan " + copy)
          .doesNotContain("follows");
      assertThat(move.neu().must("pgrep", "-f", BACKGROUND).lines()).hasSize(1);
      move.godwit(0, "finish", "--abandon", copy);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void h59_of_two_that_begin_at_the_same_time_one_comes_through(boolean isTakenOver)
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String plan = planOfNew(move);
      String[] start = {"start"};
      if (isTakenOver) {
        move.controlFromClient();
        move.godwit(0, "start");
        start = new String[] {"start", "--take-over"};
      }
      move.controlFrom(move.neu(), plan);
      try (TestingCommand second = move.godwit(start)) {
        controlFromOld(move);
        try (TestingCommand first = move.godwit(start)) {
          List<Integer> exits =
              new ArrayList<>(
                  List.of(
                      first.exit(TestingMove.COMMAND_LIMIT),
                      second.exit(TestingMove.COMMAND_LIMIT)));
          exits.sort(null);
          assertThat(exits)
              .as(first.textAtEnd() + second.textAtEnd())
              .satisfiesAnyOf(
                  codes -> assertThat(codes).isEqualTo(List.of(0, 5)),
                  // One after the other: the later one has taken over from the one before it.
                  codes -> assertThat(isTakenOver && codes.equals(List.of(0, 0))).isTrue());
          if (!isTakenOver) {
            assertThat(first.textAtEnd() + second.textAtEnd())
                .containsOnlyOnce("demo was begun by another controller");
          }
        }
      }
    }
  }

  @Test
  void h59_a_journal_that_was_lost_is_that_of_the_same_controller() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.godwit(0, "start");
      String mirrors = move.neu().must("pgrep", "-f", BACKGROUND).strip();
      move.neu().must("rm", "/root/demo.journal");
      move.godwit(0, "start");
      assertThat(move.godwit(0, "status")).contains("new follows it");
      assertThat(move.neu().must("pgrep", "-f", BACKGROUND).strip()).isEqualTo(mirrors);
      move.neu().must("rm", "/root/demo.journal");
      assertThat(move.godwit(0, "finish", "--abandon")).contains("Abandoned");
    }
  }

  /** The controller on old is killed in the hold; old's services are given back by the lease. */
  private static void killedInHold(TestingMove move, Direction direction) throws Exception {
    move.hold("8s");
    move.godwitKilled(
        TestingMove.begins(CutoverStep.STOP), TestingCommand::kill, direction.command(), "--yes");
    if (direction == Direction.TO_NEW) {
      move.assertOldServes();
    } else {
      move.assertNewServes();
    }
    move.holdLong();
  }

  /** The controller on old is cut off in a switch to new, and the one on new takes the move. */
  private static void takenInHold(TestingMove move) throws Exception {
    String plan = planOfNew(move);
    controlFromOld(move);
    move.startClient();
    move.godwit(0, "start");
    killedInHold(move, Direction.TO_NEW);
    move.controlFrom(move.neu(), plan);
    move.godwit(0, "start", "--take-over");
  }

  /** Its own journal is in a switch that was cut off, and the gate speaks of another one. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void h59_what_another_one_has_switched_is_taken_back_until_it_is_finished(boolean isFinished)
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      takenInHold(move);
      move.godwit(0, "cutover", "--yes");
      if (isFinished) {
        move.endClient();
        move.godwit(0, "finish", "--now");
        controlFromOld(move);
        assertThat(move.godwit(5, "start", "--take-over"))
            .contains("another controller has finished the move");
        return;
      }
      controlFromOld(move);
      assertThat(move.godwit(0, "start", "--take-over"))
          .contains("Taken over from ", "Old follows new.")
          .doesNotContain("epoch", "refused");
      move.assertNewServes();
      move.godwit(0, "rollback", "--yes");
      move.proveRolledBack();
    }
  }

  /** To settle what is not decided would be to guess. */
  @Test
  void h59_while_the_other_one_holds_the_clients_nothing_is_taken_back() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String plan = planOfNew(move);
      takenInHold(move);
      CountDownLatch frozen = new CountDownLatch(1);
      try (TestingCommand other =
          move.godwitWhen(
              TestingMove.begins(CutoverStep.STOP),
              started -> {
                started.freeze();
                frozen.countDown();
              },
              "cutover",
              "--yes")) {
        assertThat(frozen.await(TestingMove.COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        controlFromOld(move);
        assertThat(move.godwit(5, "start", "--take-over"))
            .contains(
                "a switch of demo is under way: the gate on old holds the clients for at most ")
            .contains("When they are served again, give the command again");
        other.thaw();
        assertThat(other.exit(TestingMove.COMMAND_LIMIT)).as(other.text()).isZero();
      }
      move.assertNewServes();
      move.assertNoneFailed();
      // What was refused has taken nothing from the other one.
      move.controlFrom(move.neu(), plan);
      assertThat(move.statusWithoutProblems()).contains("new serves, and old follows it");
      controlFromOld(move);
      assertThat(move.godwit(0, "start", "--take-over")).contains("Old follows new.");
      move.assertNewServes();
    }
  }

  /** There the gate has no direction: the services are asked where they have their files. */
  @Test
  void h59_on_one_host_a_move_is_taken_back_by_one_whose_switch_was_cut_off() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      LabHost host = TestingPlaces.control(move);
      move.startClient();
      move.godwit(0, "start");
      move.hold("8s");
      move.godwitKilled(
          TestingMove.begins(CutoverStep.STOP), TestingCommand::kill, "cutover", "--yes");
      move.awaitRequests(60);
      move.holdLong();
      String copy = DemoPlan.PATH.replace("/root/", "/root/copy/");
      host.must("mkdir", "/root/copy");
      host.must("cp", DemoPlan.PATH, copy);
      move.godwit(0, "start", "--take-over", copy);
      assertThat(move.godwit(0, "start", "--take-over"))
          .contains("Taken over from ", "New follows old.")
          .doesNotContain("epoch", "refused");
      assertThat(TestingPlaces.now(host)).isEqualTo("shared");
      move.godwit(0, "cutover", "--yes");
      move.awaitRequests(60);
      move.assertNoneFailed();
      assertThat(TestingPlaces.now(host)).isEqualTo("local");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void h59_what_old_serves_is_taken_back_by_one_whose_switch_was_cut_off(boolean isGivenUp)
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      takenInHold(move);
      if (isGivenUp) {
        move.godwit(0, "finish", "--abandon", "--now");
      }
      controlFromOld(move);
      assertThat(move.godwit(5, "start")).contains("start --take-over");
      assertThat(move.godwit(0, "start", "--take-over")).contains("New follows old.");
      move.assertOldServes();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }

  /** The other one went on with a copy of the journal, so that it knew of the switch. */
  @Test
  void h59_a_switch_back_of_another_one_is_known_when_the_move_is_taken_back() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String plan = planOfNew(move);
      controlFromOld(move);
      move.startClient();
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      killedInHold(move, Direction.TO_OLD);
      Files.copy(move.old().path("/root/demo.journal"), move.neu().path("/root/demo.journal"));
      move.controlFrom(move.neu(), plan);
      assertThat(move.godwit(0, "start", "--take-over")).contains("Old follows new.");
      assertThat(move.statusWithoutProblems()).contains("new serves, and old follows it");
      move.godwit(0, "rollback", "--yes");
      move.assertOldServes();
      controlFromOld(move);
      assertThat(move.godwit(0, "start", "--take-over")).contains("New follows old.");
      assertThat(move.godwit(0, "status")).contains("old serves; new follows it");
      move.assertOldServes();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }
}
