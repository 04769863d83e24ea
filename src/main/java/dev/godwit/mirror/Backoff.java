package dev.godwit.mirror;

import java.time.Duration;

/** The pause before each new try: doubles from 250 ms to 5 s; short again after a success. */
final class Backoff {
  static final Duration SHORTEST = Duration.ofMillis(250);
  static final Duration LONGEST = Duration.ofSeconds(5);

  private Duration next = SHORTEST;

  Duration next() {
    Duration now = next;
    Duration doubled = next.multipliedBy(2);
    next = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
    return now;
  }

  void reset() {
    next = SHORTEST;
  }
}
