package dev.godwit.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C, a terminal that goes away, and the signal that asks a process to end: they stop what is
 * done in order, instead of leaving it where it is.
 */
final class Interruption implements AutoCloseable {
  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

  private final Map<String, SignalHandler> before;

  private Interruption(Map<String, SignalHandler> before) {
    this.before = before;
  }

  /**
   * Until it is closed, these signals mean this; one that whoever started the program has it ignore
   * (nohup(1)) is ignored.
   *
   * @param stop returns at once, and whether there is something that it stops
   */
  static Interruption of(Terminal terminal, BooleanSupplier stop) {
    SignalHandler handler =
        signal ->
            terminal.note(
                stop.getAsBoolean()
                    ? "Stopping; this may take a moment."
                    : "This cannot be stopped; it comes to its end by itself.");
    Map<String, SignalHandler> before = new LinkedHashMap<>();
    for (String name : SIGNALS) {
      SignalHandler was = Signal.handle(new Signal(name), handler);
      before.put(name, was);
      if (was.equals(SignalHandler.SIG_IGN)) {
        SignalHandler unused = Signal.handle(new Signal(name), was);
      }
    }
    return new Interruption(before);
  }

  @Override
  public void close() {
    before.forEach((name, was) -> Signal.handle(new Signal(name), was));
  }
}
