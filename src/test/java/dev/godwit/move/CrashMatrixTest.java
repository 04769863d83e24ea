package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * At every step of a switch, something dies or is cut; then the same command again: it ends as if
 * nothing had been, and no client ever noticed (H58), but those that a gate had in its hands when
 * it died. The services go to new and back in turns, in one lab, so that each attempt also begins
 * where many others have ended; after one that fails, the next one gets a lab of its own.
 *
 * <p>A sample of all, by a seed that is printed; {@code -Dgodwit.crash.seed=N} for the same again.
 * {@code -Dgodwit.crash=all} for all of them, or {@code -Dgodwit.crash=gate,old_line} for those
 * victims, {@code missing} for those without a green run yet; with {@code -Dgodwit.documents=write}
 * green runs are counted in {@link TestingMatrix}.
 */
@Tag("lab")
class CrashMatrixTest {
  private static final int SAMPLE = 14;
  private static final String WHICH = System.getProperty("godwit.crash", "");

  /** A step's word, to try one place again and again. */
  private static final String STEP = System.getProperty("godwit.crash.step", "");

  private static final int TIMES = Integer.getInteger("godwit.crash.times", 1);

  /** Longer than a switch takes; on a machine that is very busy, give it more. */
  private static final String HOLD = System.getProperty("godwit.crash.hold", "6s");

  private static @Nullable TestingMove lab;
  private static boolean isBothFar;
  private static boolean isGood;

  /**
   * Where it strikes.
   *
   * @param ended when the step's end is printed, instead of its begin
   */
  record Crash(TestingVictim victim, Direction direction, CutoverStep step, boolean ended) {
    @Override
    public String toString() {
      return "%s: %s, as %s %s"
          .formatted(
              direction.command(), victim.title, step.word(), ended ? "has ended" : "begins");
    }

    private String key() {
      return TestingMatrix.key(victim, direction, step, ended);
    }

    private Predicate<String> line() {
      return ended ? TestingMove.ended(step) : TestingMove.begins(step);
    }

    /** After its last step a controller has little left to do, and may have done it. */
    private Integer[] exits() {
      if (victim != TestingVictim.CONTROLLER) {
        return new Integer[] {0, 1, 3, 4, 5};
      }
      return ended || step == CutoverStep.ADDRESS
          ? new Integer[] {0, 128 + 9}
          : new Integer[] {128 + 9};
    }
  }

  static List<Crash> crashes() throws IOException {
    List<Crash> all = new ArrayList<>();
    for (TestingVictim victim : TestingVictim.values()) {
      for (CutoverStep step : CutoverStep.values()) {
        for (Direction direction : Direction.values()) {
          all.add(new Crash(victim, direction, step, false));
        }
      }
      if (victim == TestingVictim.CONTROLLER) {
        for (CutoverStep step : List.of(CutoverStep.RELEASE, CutoverStep.FOLLOW)) {
          for (Direction direction : Direction.values()) {
            all.add(new Crash(victim, direction, step, true));
          }
        }
      }
    }
    if (WHICH.isEmpty()) {
      return sample(all);
    }
    List<String> wanted = Arrays.asList(WHICH.split(","));
    TestingMatrix green = TestingMatrix.read();
    List<Crash> chosen =
        all.stream()
            .filter(
                crash ->
                    WHICH.equals("all")
                        || wanted.contains(crash.victim.word())
                        || (WHICH.equals("missing") && !green.has(crash.key())))
            .filter(crash -> STEP.isEmpty() || crash.step.word().equals(STEP))
            .toList();
    List<Crash> often = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      often.addAll(chosen);
    }
    return often;
  }

  /** Half of them the controller's; one line, since each takes longer than all others. */
  private static List<Crash> sample(List<Crash> all) {
    long seed = Long.getLong("godwit.crash.seed", System.nanoTime() % 1_000_000);
    System.out.println("crash matrix: seed " + seed);
    List<Crash> mixed = new ArrayList<>(all);
    Collections.shuffle(mixed, new Random(seed));
    List<Crash> chosen = new ArrayList<>();
    mixed.stream()
        .filter(crash -> crash.victim == TestingVictim.CONTROLLER)
        .limit(SAMPLE / 2)
        .forEach(chosen::add);
    mixed.stream()
        .filter(crash -> crash.victim == TestingVictim.OLD_LINE)
        .limit(1)
        .forEach(chosen::add);
    mixed.stream()
        .filter(
            crash -> crash.victim == TestingVictim.OLD_AGENT || crash.victim == TestingVictim.GATE)
        .limit(SAMPLE / 2 - 1)
        .forEach(chosen::add);
    // There and back by turns, as far as it goes.
    chosen.sort(Comparator.comparing(Crash::direction));
    List<Crash> turns = new ArrayList<>();
    for (int i = 0, k = chosen.size() - 1; i <= k; i++, k--) {
      turns.add(chosen.get(i));
      if (i < k) {
        turns.add(chosen.get(k));
      }
    }
    return turns;
  }

  @AfterAll
  static void down() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @MethodSource("crashes")
  void h58_at_every_step(Crash crash) throws Exception {
    Direction direction = crash.direction();
    TestingMove move = labFor(crash);
    isGood = false;
    LabHost next = direction == Direction.TO_NEW ? move.neu() : move.old();
    move.startClient();
    long before = move.posts(next);
    String command = direction.command();
    AtomicReference<AutoCloseable> mending = new AtomicReference<>(() -> {});
    int exit;
    try (TestingCommand first =
        move.godwitWhen(
            crash.line(),
            started -> mending.set(crash.victim().strike(move, direction, started)),
            command,
            "--yes")) {
      exit = first.exit(COMMAND_LIMIT);
      assertThat(exit).isIn((Object[]) crash.exits());
      assertThat(first.text()).as("it was struck").contains("the test's act");
      Objects.requireNonNull(mending.get()).close();
    }
    again(move, crash, move.posts(next) > before);
    int failed = 0;
    if (crash.victim().cutsClients()) {
      failed = move.proveKept(direction.next());
    } else if (direction == Direction.TO_NEW) {
      move.proveMoved();
    } else {
      move.proveRolledBack();
    }
    isGood = true;
    if ("write".equals(System.getProperty("godwit.documents"))) {
      TestingMatrix.read().add(crash.key(), exit, failed);
    }
  }

  /** The same command; where the gate that knew has gone, a person says what has happened. */
  private static void again(TestingMove move, Crash crash, boolean wasReleased) throws Exception {
    Direction direction = crash.direction();
    String command = direction.command();
    try (TestingCommand second = move.godwit(command, "--yes")) {
      int exit = second.exit(COMMAND_LIMIT);
      if (exit == 0) {
        return;
      }
      assertThat(crash.victim()).as("%s", second.text()).isEqualTo(TestingVictim.GATE);
      assertThat(second.text()).contains("cannot be told");
    }
    if (wasReleased) {
      move.godwit(0, command, "--released");
    } else {
      move.godwit(0, direction.opposite().command(), "--not-released");
      move.godwit(0, command, "--yes");
    }
  }

  private static TestingMove labFor(Crash crash) throws Exception {
    boolean bothFar = crash.victim().isBothFar();
    if (lab != null && isGood && bothFar == isBothFar) {
      TestingMove move = lab;
      // By turns, but for where a sample has two of one kind.
      boolean isOnNew = isServedByNew;
      if (isOnNew != (crash.direction() == Direction.TO_OLD)) {
        move.godwit(0, isOnNew ? "rollback" : "cutover", "--yes");
      }
      isServedByNew = crash.direction() == Direction.TO_NEW;
      return move;
    }
    down();
    TestingMove move = TestingMove.up(300, HOLD);
    lab = move;
    isBothFar = bothFar;
    if (bothFar) {
      move.controlFromClient();
    }
    move.godwit(0, "start");
    if (crash.direction() == Direction.TO_OLD) {
      move.godwit(0, "cutover", "--yes");
    }
    isServedByNew = crash.direction() == Direction.TO_NEW;
    return move;
  }

  /** After the case that runs, when it is green. */
  private static boolean isServedByNew;
}
