package dev.godwit.forward.relay;

import dev.godwit.linux.Errno;

/**
 * What came of the attempts to reach one destination, for a {@link WaitingRoom}. Loop thread only.
 *
 * <p>It fails from the end of an attempt that failed and during which none succeeded, until one
 * succeeds: from when the client whose attempt it was is tried again for a while, too. It is silent
 * when such an attempt had no answer: no more of them can run it over, and they must not keep those
 * waiting who go elsewhere. A refusal is an answer.
 */
final class Reach {
  /** When the kernel asks a second time. */
  private static final long SILENT_NANOS = 1_000_000_000L;

  /** What the destination is known by. */
  final Object goal;

  /** Attempts under way. */
  private int underWay;

  /** Of these, those that count against the number at a time. */
  private int counted;

  private boolean heard;
  private long heardNanos;
  private boolean failing;
  private long failingNanos;
  private boolean silent;

  Reach(Object goal) {
    this.goal = goal;
  }

  void begun(boolean counts) {
    underWay++;
    counted += counts ? 1 : 0;
  }

  /** As it was begun. */
  void over(boolean counts) {
    underWay--;
    counted -= counts ? 1 : 0;
  }

  void succeeded() {
    heard = true;
    heardNanos = System.nanoTime();
    forget();
  }

  /**
   * @param begunNanos when the attempt was begun
   */
  void failed(long begunNanos, long now, int errno) {
    if (heard && heardNanos - begunNanos >= 0) {
      return; // others were answered meanwhile
    }
    if (!failing) {
      failing = true;
      failingNanos = now;
    }
    if (errno == Errno.ECONNREFUSED) {
      silent = false;
    } else if (errno == Errno.ETIMEDOUT || now - begunNanos >= SILENT_NANOS) {
      silent = true;
    }
  }

  /** As if none had failed. */
  void forget() {
    failing = false;
    silent = false;
  }

  /** Whether nothing has to be kept of it. */
  boolean isIdle() {
    return underWay == 0 && !failing;
  }

  boolean isSilent() {
    return silent;
  }

  /** Attempts under way that count against the number at a time. */
  int counted() {
    return silent ? 0 : counted;
  }

  /**
   * Since when one who has come at a time has waited while it failed.
   *
   * @return 0 while it does not fail
   */
  long failedFor(long arrivedNanos, long now) {
    return failing ? now - (failingNanos - arrivedNanos > 0 ? failingNanos : arrivedNanos) : 0;
  }
}
