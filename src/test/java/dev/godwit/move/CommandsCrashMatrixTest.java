package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Something dies or is cut as a step begins of a command that makes no switch, in the plan of a
 * whole server. Either the same command goes on, or the one that undoes it takes it back; no client
 * notices, and whoever served serves.
 *
 * <p>Which of them: {@link TestingCrash}.
 */
@Tag("lab")
class CommandsCrashMatrixTest {
  /** Its name as a {@link TestingMatrix}. */
  static final String MATRIX = "crash-matrix-commands";

  static final Set<TestingVictim> VICTIMS =
      Collections.unmodifiableSet(
          EnumSet.of(
              TestingVictim.CONTROLLER,
              TestingVictim.OLD_AGENT,
              TestingVictim.NEW_AGENT,
              TestingVictim.GATE,
              TestingVictim.BACKGROUND,
              TestingVictim.OLD_LINE,
              TestingVictim.NEW_LINE));

  /** They take no time, and the controller is on new. */
  private static final Set<TestingVictim> QUICK =
      Collections.unmodifiableSet(
          EnumSet.of(
              TestingVictim.CONTROLLER,
              TestingVictim.OLD_AGENT,
              TestingVictim.GATE,
              TestingVictim.BACKGROUND));

  private static final int FILES = 100;
  private static final String HOLD = System.getProperty(TestingCrash.HOLD_KEY, "20s");

  /** What is struck. */
  enum Command {
    START(Phase.PLANNED, Phase.FOLLOWING, List.of("start"), "follow"),
    REHEARSE(
        Phase.FOLLOWING,
        Phase.FOLLOWING,
        List.of("rehearse"),
        "mailboxes",
        "barrier",
        "pause",
        "look",
        "stage",
        "settle",
        "start",
        "check",
        "stop",
        "remove",
        "follow"),
    ABANDON(
        Phase.FOLLOWING,
        Phase.PLANNED,
        List.of("finish", "--abandon", "--now"),
        "unfence",
        "address",
        "mirror",
        "gate-old",
        "gate-new",
        "landing-old",
        "landing-new",
        "forget"),
    FINISH(
        Phase.NEW_SERVES,
        Phase.FINISHED,
        List.of("finish", "--now"),
        "address",
        "mirror",
        "gate-old",
        "gate-new",
        "landing-old",
        "landing-new",
        "forget");

    private final Phase before;
    private final Phase after;
    private final List<String> words;
    private final List<String> steps;

    Command(Phase before, Phase after, List<String> words, String... steps) {
      this.before = before;
      this.after = after;
      this.words = words;
      this.steps = List.of(steps);
    }

    private String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    private String[] argv() {
      return words.toArray(String[]::new);
    }

    /** The host that serves before it and after it. */
    private Role serving() {
      return before == Phase.NEW_SERVES ? Role.NEW : Role.OLD;
    }

    /** What takes it back. */
    private String[] undo() {
      return switch (this) {
        case START -> ABANDON.argv();
        case ABANDON -> START.argv();
        case FINISH -> new String[] {"rollback", "--yes"};
        case REHEARSE -> throw new IllegalStateException("it changes nothing");
      };
    }

    private Phase undone() {
      return switch (this) {
        case START -> Phase.PLANNED;
        case ABANDON, FINISH, REHEARSE -> Phase.FOLLOWING;
      };
    }

    /** Whether what would be struck is there when the step begins. */
    private boolean has(TestingVictim victim, String step) {
      return switch (victim) {
        case BACKGROUND -> !steps.contains("mirror") || isUntil(step, "mirror");
        // Old's; before the first switch there is none.
        case GATE -> steps.contains("gate-old") && isUntil(step, "gate-old");
        default -> true;
      };
    }

    private boolean isUntil(String step, String last) {
      return steps.indexOf(step) <= steps.indexOf(last);
    }

    private List<Boolean> ways() {
      return this == REHEARSE ? List.of(true) : List.of(true, false);
    }
  }

  /**
   * Where it strikes.
   *
   * @param goesOn whether the same command is given again, instead of the one that undoes it
   */
  record Crash(TestingVictim victim, Command command, String stepWord, boolean goesOn)
      implements TestingCrash {
    @Override
    public String toString() {
      return "%s: %s, as %s begins; then %s"
          .formatted(command.word(), victim.title, stepWord, goesOn ? "again" : "back");
    }

    static String place(Command command, String step, boolean goesOn) {
      return TestingMatrix.place(command.word(), step, goesOn ? "again" : "back");
    }

    @Override
    public String place() {
      return place(command, stepWord, goesOn);
    }

    private Integer[] exits() {
      return victim == TestingVictim.CONTROLLER
          ? new Integer[] {128 + 9}
          : new Integer[] {0, 1, 3, 5};
    }
  }

  static List<TestingMatrix.Row> rows() {
    List<TestingMatrix.Row> rows = new ArrayList<>();
    for (Command command : Command.values()) {
      for (String step : command.steps) {
        rows.add(
            new TestingMatrix.Row(
                command.word() + ": " + step,
                command.ways().stream().map(way -> Crash.place(command, step, way)).toList()));
      }
    }
    return rows;
  }

  private static @Nullable TestingWholeServer lab;
  private static boolean isBothFar;

  /** Where the lab is after the last green case. */
  private static Phase phase = Phase.FINISHED;

  static List<Crash> crashes() throws IOException {
    return TestingCrash.chosen(MATRIX, all(), CommandsCrashMatrixTest::sample);
  }

  static List<Crash> all() {
    List<Crash> all = new ArrayList<>();
    for (TestingVictim victim : VICTIMS) {
      for (Command command : Command.values()) {
        for (String step : command.steps) {
          if (!command.has(victim, step)) {
            continue;
          }
          for (boolean goesOn : command.ways()) {
            all.add(new Crash(victim, command, step, goesOn));
          }
        }
      }
    }
    return all;
  }

  /**
   * One of each command, by one of those that take no time, in an order that needs few switches.
   */
  private static List<Crash> sample(List<Crash> mixed) {
    return Arrays.stream(Command.values())
        .flatMap(
            command ->
                mixed.stream()
                    .filter(crash -> crash.command == command)
                    .filter(crash -> QUICK.contains(crash.victim))
                    .limit(1))
        .toList();
  }

  @AfterAll
  static void down() throws Exception {
    if (lab != null) {
      lab.close();
      lab = null;
    }
  }

  @ParameterizedTest
  @MethodSource("crashes")
  void h58_at_every_step_of_the_other_commands(Crash crash) throws Exception {
    Command command = crash.command;
    TestingWholeServer server = labFor(crash);
    TestingMove move = server.move();
    phase = Phase.FINISHED; // if this fails, the next one gets a lab of its own
    server.startClients(TestingWholeServer.ADDRESS);
    server.awaitAll();
    int exit =
        crash.victim.strikeDuring(
            move,
            Direction.TO_NEW,
            line -> line.strip().equals("… " + crash.stepWord),
            crash.exits(),
            command.argv());
    assertServes(server, command.serving());
    // A move that has come to its end all the same is over.
    boolean goesOn = crash.goesOn || (command == Command.FINISH && isFinished(move));
    Phase after = goesOn ? command.after : command.undone();
    move.godwit(0, goesOn ? command.argv() : command.undo());
    Role serving = goesOn ? command.serving() : Role.OLD;
    assertServes(server, serving);
    assertThat(move.godwit(0, "status", "--json"))
        .containsPattern("\"phase\" *: *\"" + after.word() + "\"");
    LabHost serves = move.host(serving);
    LabHost other = move.host(serving.other());
    server.proveMailAndRows(serves, other);
    if (after != Phase.PLANNED && after != Phase.FINISHED) {
      move.proveServedBy(serving);
    }
    move.endClient();
    move.assertAllKept(serves);
    TestingMail.deliverLater(serves);
    assertThat(move.neu().must("bash", "-c", "ls -A /srv /var")).doesNotContain(".godwit-");
    phase = after;
    crash.count(MATRIX, exit, 0);
  }

  /** Not by the exit value: one that tells what old lacks is 1, and all is taken down. */
  private static boolean isFinished(TestingMove move) throws Exception {
    try (TestingCommand status = move.godwit("status", "--json")) {
      int unused = status.exit(TestingMove.COMMAND_LIMIT); // a struck move may have problems
      return Pattern.compile("\"phase\" *: *\"finished\"").matcher(status.text()).find();
    }
  }

  private static void assertServes(TestingWholeServer server, Role serving) throws Exception {
    TestingMove move = server.move();
    server.awaitAll();
    assertThat(TestingWholeServer.hasAddress(move.host(serving))).isTrue();
    assertThat(TestingWholeServer.hasAddress(move.host(serving.other()))).isFalse();
    if (serving == Role.NEW) {
      move.assertNewServes();
    } else {
      move.assertOldServes();
    }
  }

  private static TestingWholeServer labFor(Crash crash) throws Exception {
    Command command = crash.command;
    boolean bothFar = crash.victim.isBothFar();
    if (lab == null || phase == Phase.FINISHED || bothFar != isBothFar) {
      down();
      lab = TestingWholeServer.up(FILES, LabOptions.forFiles(FILES), HOLD);
      lab.addAddress();
      isBothFar = bothFar;
      if (bothFar) {
        lab.move().controlFromClient();
      }
      phase = Phase.PLANNED;
    }
    TestingMove move = lab.move();
    switch (command) {
      case START -> {
        if (phase != Phase.PLANNED) {
          bring(move, Phase.FOLLOWING);
          move.godwit(0, Command.ABANDON.argv());
        }
      }
      case REHEARSE -> bring(move, Phase.FOLLOWING);
      case ABANDON -> {
        // So that gates and landings stand on both hosts.
        bring(move, Phase.NEW_SERVES);
        bring(move, Phase.FOLLOWING);
      }
      case FINISH -> bring(move, Phase.NEW_SERVES);
    }
    phase = command.before;
    return lab;
  }

  private static void bring(TestingMove move, Phase wanted) throws Exception {
    if (phase == Phase.PLANNED) {
      move.godwit(0, Command.START.argv());
      phase = Phase.FOLLOWING;
    }
    if (phase != wanted) {
      move.godwit(0, wanted == Phase.NEW_SERVES ? "cutover" : "rollback", "--yes");
      phase = wanted;
    }
  }
}
