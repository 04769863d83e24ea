package dev.godwit.sync.content;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Keeps what many senders send together below a rate ({@code --bwlimit}). A bucket of tokens that
 * holds a tenth of a second's worth: after a pause no more than that goes at once. Times are those
 * of a clock that is never set (H84); one that jumps, forward or back, makes nobody wait longer.
 * Many threads may take.
 */
public final class RateLimiter {
  /** Time, given from outside. */
  public interface Clock {
    /** Nanoseconds since some moment, as {@link System#nanoTime}. */
    long nanos();

    void sleep(long nanos) throws InterruptedException;

    Clock SYSTEM =
        new Clock() {
          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          public void sleep(long nanos) throws InterruptedException {
            TimeUnit.NANOSECONDS.sleep(nanos);
          }
        };
  }

  private static final double SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int PIECE_BYTES_MIN = 1024;

  /** Who waits notices after so long that the rate is another one. */
  private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private volatile long bytesPerSecond;
  private final Clock clock;

  /** When everything that was taken until now has gone at the rate. */
  private long paidUntil;

  private long now;

  /**
   * Begins with a full bucket.
   *
   * @param bytesPerSecond 0: any number
   */
  public RateLimiter(long bytesPerSecond) {
    this(bytesPerSecond, Clock.SYSTEM);
  }

  public RateLimiter(long bytesPerSecond, Clock clock) {
    this.bytesPerSecond = valid(bytesPerSecond);
    this.clock = clock;
    now = clock.nanos();
    paidUntil = now - BURST_NANOS;
  }

  private static long valid(long bytesPerSecond) {
    if (bytesPerSecond < 0) {
      throw new IllegalArgumentException("a rate of " + bytesPerSecond);
    }
    return bytesPerSecond;
  }

  /**
   * Another rate from now on. Who waits by the one before goes on soon.
   *
   * @param bytesPerSecond 0: any number
   */
  public synchronized void rate(long bytesPerSecond) {
    if (this.bytesPerSecond != valid(bytesPerSecond)) {
      this.bytesPerSecond = bytesPerSecond;
      if (paidUntil - now > 0) {
        paidUntil = now; // what waits was reserved at the other rate
      }
    }
  }

  /**
   * How much should be sent at once, so that the line is used evenly and others have their turn.
   *
   * @param wanted in bytes
   * @return at most that, at least 1 KiB of it
   */
  public int piece(int wanted) {
    long rate = bytesPerSecond;
    if (rate == 0) {
      return wanted;
    }
    long fair = Math.max(PIECE_BYTES_MIN, rate / 10);
    return (int) Math.min(wanted, fair);
  }

  /** Returns when so many bytes may be sent. */
  public void take(int bytes) throws InterruptedException {
    take(bytes, () -> false);
  }

  /**
   * Returns when so many bytes may be sent, or nothing more is to be.
   *
   * @param ended whether nothing is; asked several times a second
   */
  public void take(int bytes, BooleanSupplier ended) throws InterruptedException {
    long rate = bytesPerSecond;
    if (rate == 0 || bytes == 0) {
      return;
    }
    long wait = reserve(bytes, rate);
    while (wait > 0 && rate == bytesPerSecond && !ended.getAsBoolean()) {
      long nap = Math.min(wait, NAP_NANOS);
      clock.sleep(nap);
      wait -= nap;
    }
  }

  private synchronized long reserve(int bytes, long rate) {
    long read = clock.nanos();
    if (read - now < 0) { // it was set back: begin anew
      paidUntil = read;
    }
    now = read;
    if (now - BURST_NANOS - paidUntil > 0) {
      paidUntil = now - BURST_NANOS;
    }
    paidUntil += (long) (bytes / (double) rate * SECOND_NANOS);
    return paidUntil - now;
  }
}
