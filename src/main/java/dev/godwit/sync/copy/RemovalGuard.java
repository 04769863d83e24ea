package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a source that has lost most of its names from taking the target along (H27): counts what is
 * removed within a window of time against the names that stand on the target. A directory counts
 * with everything below it before anything of it is removed. Safe for threads.
 */
final class RemovalGuard {
  /** Removals further back than this do not count any more. */
  static final Duration WINDOW = Duration.ofMinutes(10);

  /** So many may always go: in a small tree a share is soon reached. */
  static final long ALWAYS = 100;

  private static final long BUCKET_NANOS = Duration.ofSeconds(10).toNanos();

  private record Bucket(long began, long count) {}

  private final DirectoryHandle root;
  private final int percentMax;
  private final Deque<Bucket> buckets = new ArrayDeque<>();
  private long removed;

  /** How many names the target had when the window began; -1: not counted yet. */
  private long standing = -1;

  /**
   * @param percentMax the share of the target's names that may go within the window; 100 for any
   */
  RemovalGuard(DirectoryHandle root, int percentMax) {
    this.root = root;
    this.percentMax = percentMax;
  }

  /**
   * Counts a name that is about to be removed.
   *
   * @return why it must not be, for people; null when it may
   */
  synchronized @Nullable String objection(
      DirectoryHandle directory, byte[] name, boolean isDirectory) throws LinuxException {
    if (percentMax >= 100) {
      return null;
    }
    long now = System.nanoTime();
    while (!buckets.isEmpty() && now - buckets.getFirst().began > WINDOW.toNanos()) {
      removed -= buckets.removeFirst().count;
      standing = -1;
    }
    long more = 1;
    if (isDirectory) {
      try (DirectoryHandle below = directory.beneath(name)) {
        more += count(below);
      }
    }
    if (removed + more > ALWAYS) {
      if (standing < 0) {
        try (DirectoryHandle all = root.beneath(Paths.NONE)) {
          standing = removed + count(all);
        }
      }
      if ((removed + more) * 100 > standing * percentMax) {
        return "more than "
            + percentMax
            + " percent of the target's "
            + standing
            + " names would be removed within "
            + WINDOW.toMinutes()
            + " minutes; nothing more is removed. If that is right, allow a larger share";
      }
    }
    removed += more;
    Bucket last = buckets.peekLast();
    if (last != null && now - last.began < BUCKET_NANOS) {
      buckets.removeLast();
      buckets.addLast(new Bucket(last.began, last.count + more));
    } else {
      buckets.addLast(new Bucket(now, more));
    }
    return null;
  }

  /** All names below, on this file system. */
  private static long count(DirectoryHandle directory) throws LinuxException {
    long names = 0;
    long device = directory.status().device();
    directory.rewind();
    for (List<DirectoryEntry> some = directory.nextEntries();
        some != null;
        some = directory.nextEntries()) {
      for (DirectoryEntry entry : some) {
        names++;
        FileStatus status =
            entry.type() == DirectoryEntry.DIRECTORY || entry.type() == DirectoryEntry.UNKNOWN
                ? directory.status(entry.name())
                : null;
        if (status != null && status.isDirectory() && status.device() == device) {
          try (DirectoryHandle below = directory.beneath(entry.name())) {
            names += count(below);
          } catch (LinuxException e) {
            if (!Paths.isGone(e)) {
              throw e;
            }
          }
        }
      }
    }
    return names;
  }
}
