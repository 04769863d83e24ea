package dev.godwit.forward.server;

import java.util.concurrent.atomic.AtomicInteger;

/** How many connections there may be at once, of all groups together (H51). Any thread. */
final class Admission {
  private final AtomicInteger inside = new AtomicInteger();
  private volatile int max;

  Admission(int max) {
    this.max = max;
  }

  int max() {
    return max;
  }

  void limit(int most) {
    max = most;
  }

  boolean enter() {
    if (inside.incrementAndGet() > max) {
      inside.decrementAndGet();
      return false;
    }
    return true;
  }

  void leave() {
    inside.decrementAndGet();
  }

  int inside() {
    return inside.get();
  }
}
