package dev.godwit.move;

import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.util.Locale;

/** What dies, or is cut, in the crash matrix. */
enum TestingVictim {
  CONTROLLER("controller"),
  OLD_AGENT("old's agents"),
  NEW_AGENT("new's agents"),
  GATE("gate"),
  OLD_LINE("line to old"),
  NEW_LINE("line to new");

  /** Longer than the 10 s of silence after which both ends give a connection up. */
  private static final long CUT_MILLIS = 11_000;

  final String title;

  TestingVictim(String title) {
    this.title = title;
  }

  /** New has an agent, and a line, when the controller is on a third host. */
  boolean isBothFar() {
    return this == NEW_AGENT || this == NEW_LINE;
  }

  /** The clients in a gate's hands go with it; all others never notice. */
  boolean cutsClients() {
    return this == GATE;
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
          case OLD_AGENT, OLD_LINE -> move.old();
          case NEW_AGENT, NEW_LINE -> move.neu();
          case GATE, CONTROLLER -> direction.serving() == Role.OLD ? move.old() : move.neu();
        };
    controller.freeze();
    try {
      return switch (this) {
        case OLD_AGENT, NEW_AGENT -> killed(host, "[a]gent-[0-9a-f]+[.]jar agent");
        case GATE -> killed(host, "[g]ate-daemon");
        default -> cut(host);
      };
    } finally {
      controller.thaw();
    }
  }

  private static AutoCloseable killed(LabHost host, String pattern) throws IOException {
    host.must("bash", "-c", "pgrep -f '" + pattern + "' | xargs -r kill -9");
    return () -> {};
  }

  private static AutoCloseable cut(LabHost host) throws IOException {
    TestingLineCut line = TestingLineCut.of(host);
    long end = System.nanoTime() + CUT_MILLIS * 1_000_000;
    Thread mending =
        Thread.ofPlatform()
            .name("mends the line")
            .start(
                () -> {
                  try (line) {
                    Thread.sleep(Math.max(0, (end - System.nanoTime()) / 1_000_000));
                  } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
    return () -> mending.join();
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
