package dev.godwit.move;

import java.util.ArrayDeque;
import java.util.Deque;

/** Bytes a second over the last few seconds. Not safe for threads. */
final class RateMeter {
  private static final long WINDOW_NS = 5_000_000_000L;

  private record Sample(long nanos, long bytes) {}

  private final Deque<Sample> samples = new ArrayDeque<>();

  /**
   * @param nanos on the monotonic clock
   * @param bytes in total up to now
   */
  void add(long nanos, long bytes) {
    samples.addLast(new Sample(nanos, bytes));
    while (samples.size() > 2 && nanos - samples.getFirst().nanos() > WINDOW_NS) {
      samples.removeFirst();
    }
  }

  /** 0 until two samples are there. */
  long perSecond() {
    if (samples.size() < 2) {
      return 0;
    }
    Sample first = samples.getFirst();
    Sample last = samples.getLast();
    double seconds = (last.nanos() - first.nanos()) / 1e9;
    return seconds <= 0 ? 0 : (long) ((last.bytes() - first.bytes()) / seconds);
  }
}
