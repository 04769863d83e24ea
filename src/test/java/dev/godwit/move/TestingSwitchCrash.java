package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Where it strikes in a switch.
 *
 * @param ended when the step's end is printed, instead of its begin
 */
record TestingSwitchCrash(
    TestingVictim victim, Direction direction, CutoverStep step, boolean ended)
    implements TestingCrash {
  @Override
  public String toString() {
    return "%s: %s, as %s %s"
        .formatted(direction.command(), victim.title, step.word(), ended ? "has ended" : "begins");
  }

  static String place(Direction direction, CutoverStep step, boolean ended) {
    return TestingMatrix.place(direction.command(), step.word(), ended ? "ended" : "begins");
  }

  @Override
  public String place() {
    return place(direction, step, ended);
  }

  @Override
  public String stepWord() {
    return step.word();
  }

  /** The rows of these steps: there, and back. */
  static List<TestingMatrix.Row> rows(Collection<CutoverStep> steps) {
    return steps.stream()
        .map(
            step ->
                new TestingMatrix.Row(
                    step.word(),
                    Arrays.stream(Direction.values())
                        .map(direction -> place(direction, step, false))
                        .toList()))
        .toList();
  }

  /** At the begin of each step, in both directions. */
  static List<TestingSwitchCrash> asBegins(
      Collection<TestingVictim> victims, Collection<CutoverStep> steps) {
    List<TestingSwitchCrash> all = new ArrayList<>();
    for (TestingVictim victim : victims) {
      for (CutoverStep step : steps) {
        for (Direction direction : Direction.values()) {
          all.add(new TestingSwitchCrash(victim, direction, step, false));
        }
      }
    }
    return all;
  }

  /** There and back by turns, as far as it goes. */
  static List<TestingSwitchCrash> byTurns(List<TestingSwitchCrash> some) {
    List<TestingSwitchCrash> sorted = new ArrayList<>(some);
    sorted.sort(Comparator.comparing(TestingSwitchCrash::direction));
    List<TestingSwitchCrash> turns = new ArrayList<>();
    for (int i = 0, k = sorted.size() - 1; i <= k; i++, k--) {
      turns.add(sorted.get(i));
      if (i < k) {
        turns.add(sorted.get(k));
      }
    }
    return turns;
  }

  Predicate<String> line() {
    return ended ? TestingMove.ended(step) : TestingMove.begins(step);
  }

  /** After its last step a controller has little left to do, and may have done it. */
  Integer[] exits() {
    if (victim.isPutToSleep()) {
      // In the middle of an order on its own host it is ended by who waits for its turn.
      return new Integer[] {0, 1, 3, 4, 5, 128 + 9};
    }
    if (victim != TestingVictim.CONTROLLER && victim != TestingVictim.NEW_REBOOT) {
      return new Integer[] {0, 1, 3, 4, 5};
    }
    return ended || step == CutoverStep.ADDRESS
        ? new Integer[] {0, 128 + 9}
        : new Integer[] {128 + 9};
  }

  /**
   * Makes the switch and strikes.
   *
   * @return how the command ended
   */
  int strike(TestingMove move) throws Exception {
    return victim.strikeDuring(move, direction, line(), exits(), direction.command(), "--yes");
  }

  /** See {@link #again(TestingMove, TestingVictim, Direction, long)}. */
  void again(TestingMove move, long postsBefore) throws Exception {
    again(move, victim, direction, postsBefore);
  }

  /**
   * The same command; where who knew has gone, it asks, and a person says what has happened.
   *
   * @param postsBefore notes that the next host had before the first one
   */
  static void again(TestingMove move, TestingVictim victim, Direction direction, long postsBefore)
      throws Exception {
    String command = direction.command();
    try (TestingCommand second = move.godwit(command, "--yes")) {
      if (second.exit(TestingMove.COMMAND_LIMIT) == 0) {
        return;
      }
      assertThat(victim.takesRecords()).as("%s", second.text()).isTrue();
      assertThat(second.text()).contains("cannot be told", "--released", "--not-released");
    }
    if (move.posts(move.host(direction.next())) > postsBefore) {
      move.godwit(0, command, "--released");
    } else {
      move.godwit(0, direction.opposite().command(), "--not-released");
      move.godwit(0, command, "--yes");
    }
  }
}
