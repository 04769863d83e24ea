package dev.godwit.sync.differential;

/** A moment, as a file system keeps it. */
record Time(long seconds, int nanos) implements Comparable<Time> {
  @Override
  public int compareTo(Time other) {
    int order = Long.compare(seconds, other.seconds);
    return order != 0 ? order : Integer.compare(nanos, other.nanos);
  }

  Time plusSeconds(long more) {
    return new Time(seconds + more, nanos);
  }

  /** As touch(1) takes it after {@code -d}. */
  @Override
  public String toString() {
    // Before 1970 the fraction counts forwards from the second before: -1 s + 0.5 s is -0.5 s.
    if (seconds < 0 && nanos > 0) {
      return String.format("@-%d.%09d", -seconds - 1, 1_000_000_000 - nanos);
    }
    return String.format("@%d.%09d", seconds, nanos);
  }
}
