package dev.godwit.mirror;

import dev.godwit.wire.WireException;
import java.util.concurrent.TimeUnit;

/** Bounds a rate of bytes: who sent more than its share waits until it is due. For one thread. */
final class Throttle {
  /** What may be sent at once after a rest, in seconds of the rate. */
  private static final double BURST_SECONDS = 0.25;

  private final long bytesPerSecond;
  private double dueNanos = System.nanoTime();

  /**
   * @param bytesPerSecond 0 for no limit
   */
  Throttle(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  void sent(long bytes) throws WireException {
    if (bytesPerSecond <= 0) {
      return;
    }
    double now = System.nanoTime();
    dueNanos = Math.max(dueNanos, now - BURST_SECONDS * 1e9) + bytes * 1e9 / bytesPerSecond;
    long wait = (long) (dueNanos - now);
    if (wait > 0) {
      try {
        TimeUnit.NANOSECONDS.sleep(wait);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WireException("the copy was ended", e);
      }
    }
  }
}
