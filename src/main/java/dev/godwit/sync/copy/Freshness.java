package dev.godwit.sync.copy;

import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.LinuxException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Whether a file could change without its times showing it. The kernel stamps a change with the
 * clock of its last tick, and where inodes keep whole seconds with the second: a content that is
 * read before that clock has gone on can change again under the same stamp, and no later comparison
 * of times would find it (H13, H19). Where the file system tells changes apart there is nothing to
 * wait for. Safe for threads.
 */
final class Freshness {
  /** A stamp further ahead than the latest tick can be is not of this host's clock. */
  private static final long AHEAD_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Files older than this when the run began need no look at the clock. */
  private static final long RECENT_NANOS = 2 * SECOND_NANOS;

  private final long recentSince = CoarseClock.nanos() - RECENT_NANOS;

  /** By the file system's device. */
  private final Map<Long, Boolean> tellsChangesApart = new ConcurrentHashMap<>();

  /**
   * Waits until a change of the file would show in its times.
   *
   * @param known what was asked from the kernel of this host
   * @return its status then; the same object when there was nothing to wait for
   */
  FileStatus settle(FileHandle file, FileStatus known) throws LinuxException, InterruptedException {
    if (known.ctimeTotalNanos() < recentSince
        || !mayBeStampedAgain(known)
        || tellsChangesApart(file, known)) {
      return known;
    }
    awaitOtherStamp(known);
    return file.status();
  }

  /** Whether a change now could have the stamp that the last one has. */
  private static boolean mayBeStampedAgain(FileStatus status) {
    return mayBeStampedAgain(status, CoarseClock.nanos());
  }

  static boolean mayBeStampedAgain(FileStatus status, long clock) {
    long ahead = status.ctimeTotalNanos() - clock;
    return ahead <= AHEAD_MAX_NANOS
        && (status.isOfWholeSeconds() ? ahead > -SECOND_NANOS : ahead >= 0);
  }

  private boolean tellsChangesApart(FileHandle file, FileStatus status) throws LinuxException {
    if (status.isOfWholeSeconds()) {
      return false;
    }
    Boolean known = tellsChangesApart.get(status.device());
    if (known == null) {
      known = FileSystemStatus.of(file).tellsChangesApart();
      tellsChangesApart.put(status.device(), known);
    }
    return known;
  }

  private static void awaitOtherStamp(FileStatus status) throws InterruptedException {
    long end = System.nanoTime() + SECOND_NANOS + AHEAD_MAX_NANOS;
    while (mayBeStampedAgain(status) && System.nanoTime() - end < 0) {
      Thread.sleep(Duration.ofNanos(CoarseClock.tickNanos() / 4));
    }
  }

  /**
   * Fails when a file of this host was not read as it was believed to be. Of its ctime nothing is
   * said: another of its names may come or go meanwhile.
   *
   * @param before what it was believed to be
   * @param copied how many bytes were read
   * @throws LinuxException ESTALE when it was exchanged, or changed meanwhile
   */
  static void requireRead(FileHandle file, FileStatus before, long copied) throws LinuxException {
    FileStatus after = file.status();
    if (copied != before.size()
        || !after.isSameInode(before)
        || after.size() != before.size()
        || !after.hasSameTime(before)) {
      throw new LinuxException(FileHandle.READ, "", Errno.ESTALE);
    }
  }

  static boolean isUnchanged(FileStatus before, FileStatus after) {
    return after.isSameInode(before)
        && after.size() == before.size()
        && after.hasSameTime(before)
        && after.ctimeTotalNanos() == before.ctimeTotalNanos();
  }
}
