package dev.godwit.watch;

import java.time.Duration;

/**
 * When to look at everything after the kernel lost changes: at once the first time, then not before
 * a pause that doubles while overflows go on, so that a storm of events does not turn into a storm
 * of scans (H16). Pure; times are System.nanoTime().
 */
final class OverflowSpacing {
  private static final long FIRST_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_NANOS = Duration.ofSeconds(60).toNanos();

  private boolean pending;
  private boolean emittedOnce;
  private long notBefore;
  private long pause = FIRST_NANOS;
  private long count;

  void overflow(long now) {
    if (!pending && emittedOnce && now - notBefore > 2 * pause) {
      pause = FIRST_NANOS;
    }
    pending = true;
  }

  boolean isPending() {
    return pending;
  }

  boolean isDue(long now) {
    return pending && (!emittedOnce || now - notBefore >= 0);
  }

  /** Nanoseconds until due; only meaningful while pending. */
  long waitNanos(long now) {
    return emittedOnce ? Math.max(0, notBefore - now) : 0;
  }

  void emitted(long now) {
    pending = false;
    if (emittedOnce) {
      pause = Math.min(pause * 2, LONGEST_NANOS);
    }
    emittedOnce = true;
    count++;
    notBefore = now + pause;
  }

  /** How often everything was looked at, however often changes were lost before each time. */
  long count() {
    return count;
  }
}
