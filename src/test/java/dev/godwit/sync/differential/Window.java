package dev.godwit.sync.differential;

import java.time.Instant;

/** While a program ran; a time of a file within it was set by the kernel. */
record Window(Time begin, Time end) {
  /** The kernel's clock of file times is behind by up to a tick. */
  private static final long SLACK_MS = 50;

  static Window since(Instant begin) {
    return new Window(time(begin.minusMillis(SLACK_MS)), time(Instant.now().plusMillis(1)));
  }

  private static Time time(Instant instant) {
    return new Time(instant.getEpochSecond(), instant.getNano());
  }

  String shown(Time time) {
    // Times of access are carried in whole seconds.
    Time first = time.nanos() == 0 ? new Time(begin.seconds(), 0) : begin;
    boolean isNow = time.compareTo(first) >= 0 && time.compareTo(end) <= 0;
    return isNow ? "now" : time.toString();
  }
}
