package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.Lab;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code rollback} in every state that a move can be in, in the order in which a move comes through
 * them: what it says, how it ends, who serves afterwards and what the journal says then. One lab
 * and one client, whose requests never fail; each row begins where the one before it has ended.
 *
 * <p>A controller that dies at a step stands for one step of each kind; {@code
 * -Dgodwit.rollback=all} for all of them.
 */
@Tag("lab")
class RollbackEverywhereTest extends TestingOneMove {
  private static final String AS_BEFORE = "clients are served by old, new follows it again";
  private static final String NOTHING = "There was nothing to roll back: ";

  /** Brings the move there. */
  private interface Way {
    void go() throws Exception;
  }

  /**
   * A row.
   *
   * @param exit of {@code rollback --yes}
   * @param says a pattern of what it prints
   * @param serves who does afterwards
   * @param phase what it is afterwards
   */
  record State(String name, Way way, int exit, String says, Role serves, Phase phase) {
    @Override
    public String toString() {
      return name;
    }

    private static State nothing(String name, Way way) {
      return new State(name, way, 0, NOTHING + "old serves", Role.OLD, Phase.FOLLOWING);
    }

    private static State notStarted(String name, Way way, String says) {
      return new State(name, way, 0, NOTHING + says, Role.OLD, Phase.PLANNED);
    }

    private static State takenBack(String name, Way way) {
      return new State(name, way, 0, "Taken back: " + AS_BEFORE, Role.OLD, Phase.FOLLOWING);
    }

    private static State rolledBack(String name, Way way) {
      return new State(name, way, 0, "Rolled back: " + AS_BEFORE, Role.OLD, Phase.FOLLOWING);
    }
  }

  private static Way command(int exit, String... words) {
    return () -> move.godwit(exit, words);
  }

  private static Way killed(Predicate<String> line, String... words) {
    return () -> {
      try (TestingCommand killed = move.godwitWhen(line, TestingCommand::kill, words)) {
        assertThat(killed.exit(COMMAND_LIMIT)).as(killed.text()).isEqualTo(128 + 9);
      }
    };
  }

  private static Way killedAt(String step, String... words) {
    return killed(line -> line.strip().equals("… " + step), words);
  }

  /** Those before them have ended without a failure: what is taken down is no way of theirs. */
  private static Way clientsAt(String address) {
    return () -> {
      move.endClient();
      move.assertNoneFailed();
      move.startClient(address);
      move.awaitRequests(20);
    };
  }

  private static Way then(Way... ways) {
    return () -> {
      for (Way way : ways) {
        way.go();
      }
    };
  }

  static List<State> states() {
    Way cutover = command(0, "cutover", "--yes");
    List<State> states = new ArrayList<>();
    states.add(State.notStarted("before start", () -> {}, "nothing was started"));
    states.add(
        State.notStarted(
            "start was killed",
            killedAt("follow", "start"),
            "nothing was switched. What start has begun is given up by: godwit finish --abandon"));
    states.add(State.nothing("following", command(0, "start")));
    states.add(State.nothing("a rehearsal was killed", killedAt("stage", "rehearse")));
    for (CutoverStep step : steps(CutoverStep.AUDIT, CutoverStep.STOP, CutoverStep.START)) {
      Way killed = killedAt(step.word(), "cutover", "--yes");
      String name = "cutover was killed as " + step.word() + " began";
      if (step.compareTo(CutoverStep.HOLD) < 0) {
        states.add(State.nothing(name, killed));
      } else if (step.compareTo(CutoverStep.RELEASE) <= 0) {
        states.add(State.takenBack(name, killed));
      } else {
        states.add(State.rolledBack(name, killed));
      }
    }
    states.add(
        State.rolledBack(
            "cutover was killed when it had released",
            killed(TestingMove.ended(CutoverStep.RELEASE), "cutover", "--yes")));
    states.add(
        new State(
            "new serves, and old cannot be reached",
            then(cutover, RollbackEverywhereTest::cutLine),
            3,
            "Cannot reach old",
            Role.NEW,
            Phase.NEW_SERVES));
    states.add(State.rolledBack("new serves", RollbackEverywhereTest::mendLine));
    for (CutoverStep step : steps(CutoverStep.AUDIT, CutoverStep.STOP)) {
      states.add(
          State.rolledBack(
              "rollback was killed as " + step.word() + " began",
              then(cutover, killedAt(step.word(), "rollback", "--yes"))));
    }
    states.add(
        new State(
            "rollback was killed when it had released",
            then(cutover, killed(TestingMove.ended(CutoverStep.RELEASE), "rollback", "--yes")),
            0,
            // The controller may have written down, or not, where it stands.
            "Rolled back: " + AS_BEFORE + "|" + NOTHING + "old serves",
            Role.OLD,
            Phase.FOLLOWING));
    states.add(State.nothing("it was rolled back", () -> {}));
    states.add(
        State.rolledBack(
            "finish was killed as it took the gates down",
            then(cutover, clientsAt(Lab.NEW_ADDRESS), killedAt("gate-new", "finish", "--now"))));
    states.add(
        State.rolledBack(
            "finish was killed as it forgot",
            then(cutover, killedAt("forget", "finish", "--now"))));
    states.add(
        State.notStarted(
            "it was given up",
            then(clientsAt(Lab.OLD_ADDRESS), command(0, "finish", "--abandon", "--now")),
            "nothing was started"));
    states.add(
        new State(
            "it is finished",
            then(
                command(0, "start"),
                cutover,
                clientsAt(Lab.NEW_ADDRESS),
                command(0, "finish", "--now")),
            5,
            "cannot be rolled back: new serves; the move is over. The way back from here is a move of its own",
            Role.NEW,
            Phase.FINISHED));
    return states;
  }

  private static Set<CutoverStep> steps(CutoverStep first, CutoverStep... more) {
    return System.getProperty("godwit.rollback", "").equals("all")
        ? EnumSet.copyOf(Arrays.asList(CutoverStep.values()))
        : EnumSet.of(first, more);
  }

  private static @Nullable TestingLineCut cut;

  private static void cutLine() throws Exception {
    cut = TestingLineCut.of(move.old());
  }

  private static void mendLine() throws Exception {
    Objects.requireNonNull(cut, "before this").close();
  }

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    move.startClient();
  }

  @ParameterizedTest
  @MethodSource("states")
  void h60_rollback_in_every_state(State state) throws Exception {
    state.way.go();
    assertThat(move.godwit(state.exit, "rollback", "--yes")).containsPattern(state.says);
    if (state.serves == Role.OLD) {
      move.assertOldServes();
    } else {
      move.assertNewServes();
    }
    // Its exit status is of the mirrors, which may look at everything again.
    assertThat(move.godwit("status", "--json").textAtEnd())
        .containsPattern("\"phase\" *: *\"" + state.phase.word() + "\"");
    move.assertNoNoteLost(move.host(state.serves));
    move.awaitRequests(20);
    move.assertNoneFailed();
  }
}
