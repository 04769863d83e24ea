package dev.godwit.cli;

import dev.godwit.linux.Signals;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Ctrl-C, a terminal that goes away, and the signal that asks a process to end: they stop what is
 * done in order, instead of leaving it where it is.
 */
final class Interruption implements AutoCloseable {
  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

  private final List<Signals.Before> before;

  private Interruption(List<Signals.Before> before) {
    this.before = before;
  }

  /**
   * Until it is closed, these signals mean this; one that whoever started the program has it ignore
   * (nohup(1)) is ignored.
   *
   * @param stop returns at once, and whether there is something that it stops
   */
  static Interruption of(Terminal terminal, BooleanSupplier stop) {
    List<Signals.Before> before = new ArrayList<>();
    for (String name : SIGNALS) {
      Signals.Before was = Signals.handle(name, number -> tell(terminal, stop.getAsBoolean()));
      before.add(was);
      if (was.isIgnored()) {
        was.restore();
      }
    }
    return new Interruption(before);
  }

  static void tell(Terminal terminal, boolean stops) {
    if (terminal.isLive()) {
      terminal.rewrite(""); // of a step that has begun
    }
    terminal.note(
        stops
            ? "Stopping; this may take a moment."
            : "This cannot be stopped; it comes to its end by itself.");
  }

  @Override
  public void close() {
    before.forEach(Signals.Before::restore);
  }
}
