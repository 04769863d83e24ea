package dev.godwit.move;

import java.time.Duration;
import java.util.concurrent.atomic.LongAccumulator;

/** How long a client has waited at most, from the begin of a request to its good answer. */
final class TestingSlowest {
  private final LongAccumulator nanos = new LongAccumulator(Math::max, 0);

  /**
   * It was answered just now.
   *
   * @param begun of {@link System#nanoTime}
   */
  void answered(long begun) {
    nanos.accumulate(System.nanoTime() - begun);
  }

  Duration longest() {
    return Duration.ofNanos(nanos.get());
  }
}
