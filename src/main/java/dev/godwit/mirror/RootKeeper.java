package dev.godwit.mirror;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Writes down what is to be remembered of a mirror's root: at once when the root is another one, an
 * audit begins or ends, or names were removed that count (H27), else from time to time. Threads:
 * any.
 */
public final class RootKeeper {
  /** So much more is in doubt after a process was killed. */
  private static final Duration INTERVAL = Duration.ofMinutes(1);

  private final RootStore store;
  private final RootKey key;
  private final Supplier<RootMemory> memory;
  private final Consumer<String> log;
  private RootMemory stored;
  private long storedNanos = System.nanoTime();
  private String told = "";

  /**
   * @param memory what is to be remembered by now
   * @param log told when it cannot be written, once until it can, or cannot for another reason
   */
  public RootKeeper(
      RootStore store, RootKey key, Supplier<RootMemory> memory, Consumer<String> log) {
    this.store = store;
    this.key = key;
    this.memory = memory;
    this.log = log;
    this.stored = memory.get();
  }

  /** To be called once a second or so. */
  public void tick() {
    keep(false);
  }

  /** To be called when the mirror has ended. */
  public void end() {
    keep(true);
  }

  private synchronized void keep(boolean isLast) {
    RootMemory now = memory.get();
    if (now.identity().isEmpty()) {
      return;
    }
    boolean isDue = isLast || System.nanoTime() - storedNanos >= INTERVAL.toNanos();
    boolean isOther =
        !now.isSameRoot(stored) || !now.hasSameAudits(stored) || !now.hasSameRemovals(stored);
    if (isOther || isDue && !now.equals(stored)) {
      storedNanos = System.nanoTime();
      stored = now; // a failure is told once
      try {
        store.write(key, now);
        told = "";
      } catch (IOException e) {
        String why = String.valueOf(e.getMessage());
        if (!why.equals(told)) {
          told = why;
          log.accept("unable to remember which directories it mirrors: " + why);
        }
      }
    }
  }
}
