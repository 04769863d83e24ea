package dev.godwit.sync.copy;

import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Whether a file could change without its times showing it. The kernel stamps a change with the
 * clock of its last tick: a content that is read before that clock has gone on can change again
 * under the same stamp, and no later comparison of times would find it (H13, H19).
 */
final class Freshness {
  /** A stamp further ahead than the latest tick can be is not of this host's clock. */
  private static final long AHEAD_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Files older than this when the run began need no look at the clock. */
  private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long recentSince = CoarseClock.nanos() - RECENT_NANOS;

  boolean mayChangeUnseen(FileStatus status) {
    if (status.ctimeTotalNanos() < recentSince) {
      return false;
    }
    return isOfThisTick(status);
  }

  private static boolean isOfThisTick(FileStatus status) {
    long ahead = status.ctimeTotalNanos() - CoarseClock.nanos();
    return ahead >= 0 && ahead <= AHEAD_MAX_NANOS;
  }

  void awaitNextTick(FileStatus status) throws InterruptedException {
    long end = System.nanoTime() + AHEAD_MAX_NANOS;
    while (isOfThisTick(status) && System.nanoTime() - end < 0) {
      Thread.sleep(Duration.ofNanos(CoarseClock.tickNanos() / 4));
    }
  }

  /**
   * Waits until a change of the file would show in its times.
   *
   * @return its status then; the same object when there was nothing to wait for
   */
  FileStatus settle(FileHandle file, FileStatus known) throws LinuxException, InterruptedException {
    if (!mayChangeUnseen(known)) {
      return known;
    }
    awaitNextTick(known);
    return file.status();
  }

  static boolean isUnchanged(FileStatus before, FileStatus after) {
    return after.isSameInode(before)
        && after.size() == before.size()
        && after.hasSameTime(before)
        && after.ctimeTotalNanos() == before.ctimeTotalNanos();
  }
}
