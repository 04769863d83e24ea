package dev.godwit.forward;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Ends a process whose loop does not turn: with it the look-up vanishes, and clients reach the
 * service again instead of waiting for ever.
 *
 * <p>Counts its own wake-ups, not the clock: a process that was stopped or a machine that slept has
 * missed both, and that is no hang.
 */
public final class Watchdog {
  private static final long TICK_MILLIS = 250;
  private static final int TICKS_MAX = 4;

  private final LongSupplier progress;
  private final BooleanSupplier matters;
  private final Runnable bite;
  private final Thread thread;

  private Watchdog(String name, LongSupplier progress, BooleanSupplier matters, Runnable bite) {
    this.progress = progress;
    this.matters = matters;
    this.bite = bite;
    thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /**
   * @param progress grows while the loop works, and while it has nothing to do
   * @param matters false while a hang would harm nobody
   * @param bite in production {@link Runtime#halt}
   */
  public static Watchdog start(
      String name, LongSupplier progress, BooleanSupplier matters, Runnable bite) {
    Watchdog watchdog = new Watchdog(name, progress, matters, bite);
    watchdog.thread.start();
    return watchdog;
  }

  /** Watches no more. */
  public void stop() {
    thread.interrupt();
  }

  private void run() {
    long seen = -1;
    int still = 0;
    try {
      while (true) {
        Thread.sleep(TICK_MILLIS);
        long now = progress.getAsLong();
        still = now == seen && matters.getAsBoolean() ? still + 1 : 0;
        seen = now;
        if (still >= TICKS_MAX) {
          bite.run();
          return;
        }
      }
    } catch (InterruptedException e) {
      return;
    }
  }
}
