package dev.godwit.sync.copy;

import dev.godwit.linux.Errno;
import dev.godwit.linux.FileSystemStatus;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a file system that was full has room again (H24). Asked in intervals, as long as
 * something could not be written.
 *
 * <p>Less than a quarter more than was left is no news: others come and go there, and who tries
 * again may write as much as is left before there is no room once more.
 *
 * <p>Any thread.
 */
final class FreedRoom {
  private static final long BYTES_MIN = 1 << 20;

  /** What was left when something could not be written last; null while all could. */
  private @Nullable FileSystemStatus left;

  /** Whether something could not be written since this was asked last. */
  private boolean wasFull;

  /**
   * Something could not be written.
   *
   * @param errno why
   */
  synchronized void failed(int errno) {
    wasFull |= errno == Errno.ENOSPC || errno == Errno.EDQUOT;
  }

  /** Whether it is worth asking. */
  synchronized boolean isFull() {
    return wasFull || left != null;
  }

  /**
   * Whether there is more room than was left when something could not be written; once.
   *
   * @param now by when what failed has let go of what it took
   */
  synchronized boolean isFreed(FileSystemStatus now) {
    FileSystemStatus before = left;
    if (wasFull) {
      wasFull = false;
      left = now;
      return false;
    }
    if (before == null || !isMore(before, now)) {
      return false;
    }
    left = null;
    return true;
  }

  private static boolean isMore(FileSystemStatus before, FileSystemStatus now) {
    return now.freeBytes() - before.freeBytes() >= Math.max(BYTES_MIN, before.freeBytes() / 4)
        || now.freeInodes() - before.freeInodes() >= Math.max(1, before.freeInodes() / 4);
  }
}
