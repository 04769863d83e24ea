package dev.godwit.cli;

import java.util.function.BooleanSupplier;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C, and the signal that asks a process to end: they stop what is done in order, instead of
 * leaving it where it is.
 */
final class Interruption implements AutoCloseable {
  private final SignalHandler onInt;
  private final SignalHandler onTerm;

  private Interruption(SignalHandler onInt, SignalHandler onTerm) {
    this.onInt = onInt;
    this.onTerm = onTerm;
  }

  /**
   * Until it is closed, these signals mean this.
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
    return new Interruption(
        Signal.handle(new Signal("INT"), handler), Signal.handle(new Signal("TERM"), handler));
  }

  @Override
  public void close() {
    Signal.handle(new Signal("INT"), onInt);
    Signal.handle(new Signal("TERM"), onTerm);
  }
}
