package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** What dies, or is cut, in the crash matrix. */
enum TestingVictim {
  CONTROLLER("controller"),
  OLD_AGENT("old's agents"),
  NEW_AGENT("new's agents"),
  GATE("gate"),
  BACKGROUND("mirrors' process"),
  OLD_LINE("line to old"),
  NEW_LINE("line to new"),
  OLD_REBOOT("old is rebooted"),
  NEW_REBOOT("new is rebooted"),
  CONTROLLER_SLEEPS("controller sleeps"),
  CONTROLLER_REPLACED("another controller takes over"),
  GATE_SLEEPS("gate sleeps");

  /** Those of the {@link CrashMatrixTest}; others have a lab or a plan of their own. */
  static final Set<TestingVictim> OF_ANY_PLAN =
      Collections.unmodifiableSet(EnumSet.range(CONTROLLER, NEW_LINE));

  /** Longer than the 10 s of silence after which both ends give a connection up. */
  private static final long CUT_MILLIS = 11_000;

  private static final String AGENT_PROGRAM = "[a]gent-[0-9a-f]+[.]jar agent";
  private static final String GATE_PROGRAM = "[g]ate-daemon";

  /** Of the plan's hold. */
  static final int LEASE_SECONDS = Integer.getInteger("godwit.crash.lease", 5);

  private static final long SLEEP_MILLIS = 10_000L * LEASE_SECONDS;

  final String title;

  TestingVictim(String title) {
    this.title = title;
  }

  /** New has an agent, and a line, when the controller is on a third host. */
  boolean isBothFar() {
    return this == NEW_AGENT || this == NEW_LINE;
  }

  /** A controller that wakes up when others have gone on, and finds out when it gives an order. */
  boolean isPutToSleep() {
    return this == CONTROLLER_SLEEPS || this == CONTROLLER_REPLACED;
  }

  /** The clients in a gate's hands go with it; all others never notice. */
  boolean cutsClients() {
    return this == GATE || this == GATE_SLEEPS;
  }

  /** Whether what a gate knew of its release may be gone with it. */
  boolean takesRecords() {
    return cutsClients() || this == OLD_REBOOT || this == NEW_REBOOT;
  }

  /**
   * Strikes while the controller stands still, so that it is at the line that was printed.
   *
   * @return what mends it; closing it waits until that is done
   */
  AutoCloseable strike(TestingMove move, Direction direction, TestingCommand controller)
      throws IOException, InterruptedException {
    if (this == CONTROLLER) {
      controller.kill();
      return () -> {};
    }
    LabHost host =
        switch (this) {
          case OLD_AGENT, OLD_LINE, OLD_REBOOT -> move.old();
          case NEW_AGENT, NEW_LINE, NEW_REBOOT -> move.neu();
          case GATE, GATE_SLEEPS, CONTROLLER, CONTROLLER_SLEEPS, CONTROLLER_REPLACED, BACKGROUND ->
              direction.serving() == Role.OLD ? move.old() : move.neu();
        };
    controller.freeze();
    try {
      return switch (this) {
        case BACKGROUND -> {
          move.killBackground();
          yield () -> {};
        }
        case CONTROLLER_SLEEPS -> {
          Thread.sleep(SLEEP_MILLIS);
          yield () -> {};
        }
        case CONTROLLER_REPLACED -> {
          // As it would be on another host, or where a person has removed what is in the way.
          move.neu().must("rm", "/root/demo.journal.lock");
          move.godwit(0, direction.command(), "--yes");
          yield () -> {};
        }
        case GATE_SLEEPS -> asleep(host, found(host, GATE_PROGRAM, isCaptured(controller)));
        case OLD_REBOOT, NEW_REBOOT -> {
          TestingBoot.reboot(host);
          yield () -> {};
        }
        case OLD_AGENT, NEW_AGENT -> killed(host, found(host, AGENT_PROGRAM, true));
        case GATE -> killed(host, found(host, GATE_PROGRAM, isCaptured(controller)));
        default -> cut(host);
      };
    } finally {
      controller.thaw();
    }
  }

  /**
   * Runs a command and strikes at the first line that is accepted.
   *
   * @param exits how it may end
   * @return how it ended; what was cut is whole again
   */
  int strikeDuring(
      TestingMove move,
      Direction direction,
      Predicate<String> line,
      Integer[] exits,
      String... command)
      throws Exception {
    AtomicReference<AutoCloseable> mending = new AtomicReference<>(() -> {});
    try (TestingCommand first =
        move.godwitWhen(line, started -> mending.set(strike(move, direction, started)), command)) {
      int exit = first.exit(TestingMove.COMMAND_LIMIT);
      assertThat(exit).as(first.text()).isIn((Object[]) exits);
      assertThat(first.text()).as("it was struck").contains("the test's act");
      Objects.requireNonNull(mending.get()).close();
      return exit;
    }
  }

  /** Before the first capture of a lab there is no gate to be struck. */
  private static boolean isCaptured(TestingCommand controller) {
    return controller.text().contains("✓ " + CutoverStep.CAPTURE.word() + " ");
  }

  /**
   * @param mustBeThere else nothing would be struck, and what follows would prove nothing
   */
  private static List<String> found(LabHost host, String program, boolean mustBeThere)
      throws IOException {
    List<String> found = host.run("pgrep", "-f", program).out().lines().toList();
    if (found.isEmpty() && mustBeThere) {
      throw new IOException("no process of " + program + " on " + host.name() + " to be struck");
    }
    return found;
  }

  private static void signal(LabHost host, String signal, List<String> processes)
      throws IOException {
    for (String process : processes) {
      host.run("kill", signal, process); // one may have ended by itself
    }
  }

  /** Until ten leases are over, whatever waits for it meanwhile. */
  private static AutoCloseable asleep(LabHost host, List<String> gates) throws IOException {
    signal(host, "-STOP", gates);
    // By then the process beside it may have ended it.
    return mendedAfter(SLEEP_MILLIS, () -> signal(host, "-CONT", gates));
  }

  private static AutoCloseable killed(LabHost host, List<String> processes) throws IOException {
    signal(host, "-KILL", processes);
    return () -> {};
  }

  private static AutoCloseable cut(LabHost host) throws IOException {
    return mendedAfter(CUT_MILLIS, TestingLineCut.of(host));
  }

  /**
   * @return closing it waits until that is done
   */
  private static AutoCloseable mendedAfter(long millis, AutoCloseable mend) {
    Thread mending =
        Thread.ofPlatform()
            .name("mends what was struck")
            .start(
                () -> {
                  try (mend) {
                    Thread.sleep(millis);
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                });
    return mending::join;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
