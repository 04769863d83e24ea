package dev.godwit.forward.server;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections there may be at once, of all groups together (H51). A session of datagrams
 * counts as one, but anybody can begin any number of those, with senders that are made up: where
 * there are connections too, half of the places are theirs alone. Any thread.
 */
final class Admission {
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger sessions = new AtomicInteger();
  private volatile int max;
  private volatile int sessionsMax;

  Admission(int max, boolean onlyDatagrams) {
    limit(max, onlyDatagrams);
  }

  int max() {
    return max;
  }

  int sessionsMax() {
    return sessionsMax;
  }

  /**
   * @param onlyDatagrams nobody is served but by sessions of datagrams
   */
  void limit(int most, boolean onlyDatagrams) {
    max = most;
    sessionsMax = onlyDatagrams ? most : Math.max(1, most / 2);
  }

  /** Whether one more session of datagrams takes another one's place. */
  boolean areSessionsFull() {
    return sessions.get() >= sessionsMax;
  }

  boolean enter(boolean session) {
    if (inside.incrementAndGet() > max) {
      inside.decrementAndGet();
      return false;
    }
    if (session) {
      sessions.incrementAndGet();
    }
    return true;
  }

  void leave(boolean session) {
    inside.decrementAndGet();
    if (session) {
      sessions.decrementAndGet();
    }
  }

  int inside() {
    return inside.get();
  }
}
