package dev.godwit.mirror;

import dev.godwit.linux.SharedMappings;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Looks from time to time which files the processes of this host store to through their memory,
 * once for all mirrors of this process. Any thread; nobody waits for such a look, because a process
 * that hangs in the kernel may hold it up.
 */
final class MappedFiles {
  /**
   * A look that has come to its end.
   *
   * @param began in System.nanoTime()
   * @param paths as {@link SharedMappings} has them
   */
  record Seen(long began, Set<String> paths) {}

  /** How it is looked. */
  @FunctionalInterface
  interface Look {
    Set<String> all() throws IOException;
  }

  static final MappedFiles OF_HOST = new MappedFiles(SharedMappings::all);

  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final Duration INTERVAL_MAX = Duration.ofSeconds(30);

  /** A look may take one part in this many of the time: it costs more where more processes are. */
  private static final int DUTY = 100;

  private final Look look;
  private final AtomicBoolean isLooking = new AtomicBoolean();
  private volatile long next = System.nanoTime();
  private volatile Seen seen = new Seen(System.nanoTime(), Set.of());

  MappedFiles(Look look) {
    this.look = look;
  }

  /** What the last look has seen; begins another one when it is time. */
  Seen seen() {
    if (System.nanoTime() - next >= 0 && isLooking.compareAndSet(false, true)) {
      var unused = Thread.ofPlatform().daemon().name("godwit mirror mappings").start(this::look);
    }
    return seen;
  }

  private void look() {
    long began = System.nanoTime();
    try {
      seen = new Seen(began, look.all());
    } catch (IOException e) {
      // Tried again; how long nobody has looked is told by the time of the last one.
    } finally {
      long end = System.nanoTime();
      next = end + pause(Duration.ofNanos(end - began)).toNanos();
      isLooking.set(false);
    }
  }

  /** After a look that took so long. */
  static Duration pause(Duration took) {
    long nanos = took.multipliedBy(DUTY).toNanos();
    return Duration.ofNanos(Math.clamp(nanos, INTERVAL.toNanos(), INTERVAL_MAX.toNanos()));
  }
}
