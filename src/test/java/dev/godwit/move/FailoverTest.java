package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A host that has the clients, or a part in a switch, dies and does not come back. */
@Tag("lab")
class FailoverTest {
  private static final String MARK = "/srv/www/last.html";

  @Test
  void h57_new_serves_with_what_had_come_to_it_when_old_has_died() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      TestingBoot.installBoth(move);
      Set<String> before = TestingTraces.of(move.neu());
      move.godwit(0, "start");
      mark(move.old(), move.neu());
      assertThat(move.godwit(5, "finish", "--without-old", "--accept-loss"))
          .contains("old is not dead: it answers");
      TestingBoot.die(move.old());
      assertThat(move.godwit(5, "finish", "--without-old"))
          .contains("old had the clients", "old was last heard of at ", "--accept-loss");
      assertThat(move.godwit(0, "finish", "--without-old", "--accept-loss"))
          .contains("clients go to new", "old was given up", "let it boot without a network");
      assertNewHasAll(move);
      DeadHostTest.assertNothing(move.neu(), before);
      assertThat(move.godwit(0, "status")).contains("new serves; the move is over");
    }
  }

  /** What new has accepted since the switch is on old, as far as it had come there. */
  @Test
  void h57_old_serves_again_when_new_has_died_after_the_switch() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.controlFromClient();
      TestingBoot.installBoth(move);
      Set<String> before = TestingTraces.of(move.old());
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      mark(move.neu(), move.old());
      TestingBoot.die(move.neu());
      assertThat(move.godwit(5, "finish", "--abandon", "--without-new"))
          .contains("new had the clients", "--accept-loss");
      killAtStart(move, "finish", "--abandon", "--without-new", "--accept-loss");
      assertThat(move.godwit(1, "status"))
          .contains("has not begun, or was given up", "a host was being given up");
      assertThat(move.godwit(3, "finish")).contains("new (root@10.103.0.3)");
      assertThat(move.godwit(0, "finish", "--abandon", "--without-new"))
          .contains("clients go to old", "new was given up");
      assertThat(move.old().must("cat", MARK)).isEqualTo("marked\n");
      DeadHostTest.assertNothing(move.old(), before);
      move.startClient();
      move.assertOldServes();
    }
  }

  /** Old comes back in the middle: what it has is not brought over what new has taken since. */
  @Test
  void h57_a_dead_host_that_comes_back_is_not_followed_any_more() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      TestingBoot.installBoth(move);
      move.godwit(0, "start");
      mark(move.old(), move.neu());
      TestingBoot.die(move.old());
      killAtStart(move, "finish", "--without-old", "--accept-loss");
      move.neu().must("bash", "-c", "echo new >" + MARK);
      TestingBoot.boot(move.old());
      assertThat(move.godwit(1, "status")).contains("new serves", "a host was being given up");
      assertThat(move.godwit(5, "finish", "--without-old")).contains("old is not dead");
      move.godwit(0, "finish", "--now");
      assertThat(move.neu().must("cat", MARK)).isEqualTo("new\n");
      assertThat(move.godwit(0, "status")).contains("Nothing is left to do");
    }
  }

  @Test
  void h58_a_switch_is_given_up_when_new_has_died_in_it() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.controlFromClient();
      Set<String> before = TestingTraces.of(move.old());
      move.godwit(0, "start");
      move.startClient();
      cutOff(move, CutoverStep.START, move.neu());
      assertThat(move.godwit(0, "finish", "--abandon", "--without-new", "--now"))
          .contains("clients go to old", "new was given up")
          .doesNotContain("stop-new");
      move.awaitRequests(20);
      move.assertOldServes();
      move.endClient();
      move.assertAllKept(move.old());
      DeadHostTest.assertNothing(move.old(), before);
    }
  }

  /** All that old has acknowledged is on new then. */
  @Test
  void h58_new_serves_when_old_has_died_in_a_switch() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.controlFromClient();
      TestingBoot.installBoth(move);
      Set<String> before = TestingTraces.of(move.neu());
      move.godwit(0, "start");
      move.startClient();
      cutOff(move, CutoverStep.START, move.old());
      move.endClient();
      assertThat(move.godwit(5, "finish", "--without-old"))
          .contains("all of it up to ", "when the switch that was cut off had carried");
      assertThat(move.godwit(0, "finish", "--without-old", "--accept-loss"))
          .contains("clients go to new", "old was given up");
      move.assertAllKept(move.neu());
      DeadHostTest.assertNothing(move.neu(), before);
      move.startClient(Lab.NEW_ADDRESS);
      move.assertNewServes();
    }
  }

  /** The command does nothing more, and may be given again. */
  private static void killAtStart(TestingMove move, String... arguments) throws Exception {
    move.godwitKilled(line -> line.strip().startsWith("… start-"), TestingCommand::kill, arguments);
  }

  private static void cutOff(TestingMove move, CutoverStep at, LabHost dies) throws Exception {
    move.godwitKilled(
        TestingMove.begins(at),
        killed -> {
          killed.kill();
          TestingBoot.die(dies);
        },
        "cutover",
        "--yes");
  }

  private static void mark(LabHost serving, LabHost other) throws Exception {
    serving.must("bash", "-c", "echo marked >" + MARK);
    TestingPatience.await("the mirror", () -> other.run("test", "-e", MARK).exit() == 0);
  }

  private static void assertNewHasAll(TestingMove move) throws Exception {
    assertThat(move.neu().must("cat", MARK)).isEqualTo("marked\n");
    move.startClient(Lab.NEW_ADDRESS);
    move.assertNewServes();
    move.endClient();
  }
}
