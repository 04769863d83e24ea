package dev.godwit.linux;

import java.util.function.IntConsumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Signals that this process hears of (signal(7)). The one place that uses {@code sun.misc.Signal},
 * which the JDK has no other way for.
 *
 * <p>Threads: any; what is done about a signal is done on a thread of its own.
 */
public final class Signals {
  private static final long DEFAULT = 0;

  private Signals() {}

  /** What a signal meant before. */
  public static final class Before {
    private final Signal signal;
    private final SignalHandler handler;

    private Before(Signal signal, SignalHandler handler) {
      this.signal = signal;
      this.handler = handler;
    }

    /** Whether whoever started the program has it ignore the signal, as nohup(1) does. */
    public boolean isIgnored() {
      return handler.equals(SignalHandler.SIG_IGN);
    }

    /** From now on it means that again. */
    public void restore() {
      SignalHandler unused = Signal.handle(signal, handler);
    }
  }

  /**
   * From now on a signal means this.
   *
   * @param name without SIG: {@code TERM}
   * @param act is told the signal's number
   */
  public static Before handle(String name, IntConsumer act) {
    Signal signal = new Signal(name);
    return new Before(signal, Signal.handle(signal, heard -> act.accept(heard.getNumber())));
  }

  /**
   * As {@link #handle}, also where this process was started to ignore the signal: a shell without
   * job control has all that it starts in the background ignore SIGINT, nohup(1) SIGHUP.
   */
  public static void handleAnyway(String name, IntConsumer act) {
    if (handle(name, act).isIgnored()) { // then the JVM has left it so
      new LibraryCall("signal").returned(new Signal(name).getNumber(), DEFAULT, 0, 0, 0);
      Before unused = handle(name, act);
    }
  }
}
