package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * As {@link CrashMatrixTest}, but at any instant of a switch, in the middle of a step, of an order
 * or of a record, in place of where a step begins: half of the instants are spread over the whole
 * length that a switch takes in this lab, from the start of its program to a little after its end,
 * the others over what comes from the hold on, which is a small part of it and all that clients
 * wait for. Then the same command again; what must hold afterwards is the same. Every second one,
 * or so, strikes the controller.
 *
 * <p>{@code -Dgodwit.crash.instants=N} for how many; the seed is printed, and {@code
 * -Dgodwit.crash.seed=N} strikes the same ones again, at the same shares of the length.
 */
@Tag("lab")
class KilledAnywhereTest {
  /** Its name as a {@link TestingMatrix}. */
  static final String MATRIX = "killed-anywhere";

  private static final @Nullable Integer ASKED = Integer.getInteger("godwit.crash.instants");

  /** In place of a step's word: before the first one, and when the command has ended. */
  private static final String BEFORE = "its-beginning";

  private static final String AFTER = "its-end";

  /** What a command says as clients begin to wait. */
  private static final String HOLD = "… " + CutoverStep.HOLD.word();

  /** Of the length that was measured: no two switches take the same time. */
  private static final double LONGER = 1.1;

  private static final TestingTurns TURNS =
      new TestingTurns(System.getProperty(TestingCrash.HOLD_KEY, "15s"));

  /**
   * Of a switch that nothing struck.
   *
   * @param whole from the start of the command to its end
   * @param held the part of it from the hold on
   */
  private record Length(Duration whole, Duration held) {}

  private static final Map<Direction, Length> LENGTHS = new EnumMap<>(Direction.class);

  /**
   * An instant of a switch.
   *
   * @param isHeld it comes after the hold has begun, and the share is of what comes from there on
   * @param share of the length of a switch, from its beginning
   */
  record Instant(TestingVictim victim, Direction direction, boolean isHeld, double share) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s: %s, at %.4f of %s",
          direction.command(),
          victim.title,
          share,
          isHeld ? "what comes from the hold on" : "it");
    }
  }

  /** Where an instant turned out to be. */
  private record Struck(TestingVictim victim, Direction direction, String stepWord)
      implements TestingCrash {
    static String place(Direction direction, String word) {
      return TestingMatrix.place(direction.command(), word, "within");
    }

    @Override
    public String place() {
      return place(direction, stepWord);
    }
  }

  static List<TestingMatrix.Row> rows() {
    return Stream.concat(
            Stream.concat(
                Stream.of(BEFORE), Arrays.stream(CutoverStep.values()).map(CutoverStep::word)),
            Stream.of(AFTER))
        .map(
            word ->
                new TestingMatrix.Row(
                    word.replace('-', ' '),
                    Arrays.stream(Direction.values())
                        .map(direction -> Struck.place(direction, word))
                        .toList()))
        .toList();
  }

  /** Unless more is asked for, a few, of victims with a green run. */
  static List<Instant> instants() throws IOException {
    Random random = TestingCrash.random(MATRIX);
    List<TestingVictim> others = new ArrayList<>(TestingVictim.OF_ANY_PLAN);
    others.remove(TestingVictim.CONTROLLER);
    TestingMatrix green = TestingMatrix.read(MATRIX);
    others.removeIf(victim -> ASKED == null && !hasGreen(green, victim));
    List<Instant> instants = new ArrayList<>();
    for (int i = 0; i < (ASKED == null ? 3 : ASKED); i++) {
      instants.add(
          new Instant(
              random.nextBoolean()
                  ? TestingVictim.CONTROLLER
                  : others.get(random.nextInt(others.size())),
              i % 2 == 0 ? Direction.TO_NEW : Direction.TO_OLD,
              random.nextBoolean(),
              random.nextDouble() * LONGER));
    }
    return instants;
  }

  private static boolean hasGreen(TestingMatrix green, TestingVictim victim) {
    return rows().stream()
        .flatMap(row -> row.places().stream())
        .anyMatch(place -> green.has(TestingMatrix.key(victim, place)));
  }

  @AfterAll
  static void down() {
    TURNS.down();
  }

  @ParameterizedTest
  @MethodSource("instants")
  void h58_killed_at_any_instant_the_same_command_goes_on_or_takes_back(Instant instant)
      throws Exception {
    Direction direction = instant.direction;
    TestingVictim victim = instant.victim;
    TestingMove move = TURNS.labFor(direction, true); // so that new has an agent and a line
    measure(move, direction);
    move.startClient();
    move.awaitRequests(20);
    long before = move.posts(move.host(direction.next()));
    Struck struck;
    int exit;
    try (TestingCommand first = move.godwit(direction.command(), "--yes")) {
      struck = strike(move, instant, first);
      exit = first.exit(COMMAND_LIMIT);
      if (victim == TestingVictim.CONTROLLER) {
        assertThat(exit).as(first.text()).isIn(0, 128 + 9);
      } else {
        assertThat(exit).as(first.text()).isIn(0, 1, 3, 4, 5);
      }
    }
    TestingSwitchCrash.again(move, victim, direction, before);
    int failed = 0;
    if (victim.cutsClients()) {
      failed = move.proveKept(direction.next());
    } else {
      move.proveServedBy(direction.next());
    }
    TURNS.isGreen(direction);
    struck.count(MATRIX, exit, failed);
  }

  /** Once in each direction, with a client as always; the host that served serves afterwards. */
  private static void measure(TestingMove move, Direction first) throws Exception {
    if (!LENGTHS.isEmpty()) {
      return;
    }
    move.startClient();
    for (Direction direction : List.of(first, first.opposite())) {
      try (TestingCommand command = move.godwit(direction.command(), "--yes")) {
        long began = System.nanoTime();
        command.awaitLine(HOLD, COMMAND_LIMIT);
        long held = System.nanoTime();
        assertThat(command.exit(COMMAND_LIMIT)).as(command.text()).isZero();
        long end = System.nanoTime();
        LENGTHS.put(
            direction, new Length(Duration.ofNanos(end - began), Duration.ofNanos(end - held)));
      }
    }
    move.endClient();
    System.out.println("lengths of a switch: " + LENGTHS);
  }

  /** Strikes at the instant, and says what the command was at; what was cut is whole again. */
  private static Struck strike(TestingMove move, Instant instant, TestingCommand command)
      throws Exception {
    command.awaitProgram();
    Length length = Objects.requireNonNull(LENGTHS.get(instant.direction));
    if (instant.isHeld) {
      command.awaitLine(HOLD, COMMAND_LIMIT);
    }
    Duration part = instant.isHeld ? length.held : length.whole;
    long millis = Math.round(part.toMillis() * instant.share);
    Thread.sleep(millis);
    AutoCloseable mending = instant.victim.strike(move, instant.direction, command);
    String word = wordOf(command);
    System.out.printf("struck after %d ms, at %s: %s%n", millis, word, instant);
    mending.close();
    return new Struck(instant.victim, instant.direction, word);
  }

  private static String wordOf(TestingCommand command) {
    return command.hasEnded()
        ? AFTER
        : command
            .text()
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("… "))
            .map(line -> line.substring(2))
            .reduce((earlier, later) -> later)
            .orElse(BEFORE);
  }
}
