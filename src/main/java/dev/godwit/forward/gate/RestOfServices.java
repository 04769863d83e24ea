package dev.godwit.forward.gate;

import dev.godwit.forward.GateException;
import dev.godwit.forward.GateException.Kind;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The services of this host that a way back has not brought back although others of them have their
 * clients again. Their start goes on, and is made again every {@link Gate#AGAIN}, until all have
 * come or the next attempt of the move begins: no start of ours may come after the stop that its
 * hold is for.
 *
 * <p>Guarded by the lock that the gate decides under, which is held for moments only; a thread of
 * its own waits for the starts.
 */
final class RestOfServices {
  private final Object lock;
  private final LongSupplier clock;
  private volatile Future<?> starting = CompletableFuture.completedFuture(true);

  /** Of the thread that starts them again; an earlier one ends. */
  private long serial;

  private String message = "";

  /**
   * There are none yet.
   *
   * @param lock of the gate
   * @param clock in nanoseconds
   */
  RestOfServices(Object lock, LongSupplier clock) {
    this.lock = lock;
    this.clock = clock;
  }

  /**
   * A way back has ended without some of them. Callers hold the lock.
   *
   * @param isWhole whether all of them listen all the same: none is started again then
   */
  void begin(WayBackAttempts.Rest left, boolean isWhole, WayBack wayBack) {
    starting = left.attempt();
    if (!isWhole) {
      message = "not all services of this host listen yet";
      long mine = ++serial;
      Thread.ofPlatform().daemon().name("gate rest").start(() -> startAgain(mine, wayBack));
    }
  }

  private void startAgain(long mine, WayBack wayBack) {
    while (true) {
      try {
        WayBackAttempts.await(starting);
        synchronized (lock) {
          if (serial == mine) {
            message = "";
          }
        }
        return;
      } catch (IOException e) {
        tell(mine, e);
      } catch (InterruptedException | CancellationException e) {
        return;
      }
      synchronized (lock) {
        if (!isNext(mine)) {
          return;
        }
        starting = WayBackAttempts.begin(wayBack::startServices);
      }
    }
  }

  private void tell(long mine, IOException e) {
    synchronized (lock) {
      if (serial == mine) {
        message =
            "not all services have come back, and the clients of those that have not are refused;"
                + " they are started again every %d s: %s"
                    .formatted(Gate.AGAIN.toSeconds(), e.getMessage());
      }
    }
  }

  /** Waits for the next attempt; false when there is to be none. The lock is given up meanwhile. */
  private boolean isNext(long mine) {
    long next = clock.getAsLong() + Gate.AGAIN.toNanos();
    try {
      for (long left; serial == mine && (left = next - clock.getAsLong()) > 0; ) {
        TimeUnit.NANOSECONDS.timedWait(lock, left);
      }
    } catch (InterruptedException e) {
      return false; // nobody interrupts it
    }
    return serial == mine;
  }

  /** Whether a start is under way. */
  boolean isStarting() {
    return !starting.isDone();
  }

  /** What is to be said of them, for people; empty when there are none. Callers hold the lock. */
  String message() {
    return message;
  }

  /**
   * None is started any more.
   *
   * @throws GateException WRONG_MODE while a start is under way
   */
  void end() throws GateException {
    synchronized (lock) {
      if (isStarting()) {
        throw new GateException(
            Kind.WRONG_MODE,
            "services of this host are still being started since the last way back; try again when"
                + " that has ended");
      }
      serial++;
      message = "";
      lock.notifyAll();
    }
  }

  /** Without waiting for what is under way. Callers hold the lock, and tell who waits for it. */
  void close() {
    serial++;
    boolean unused = starting.cancel(true);
  }
}
