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
 * with everything below it before anything of it is removed. Names that came within the same time,
 * while changes were followed as they happened, count neither as standing nor as removed: in a
 * spool all names come and go. Safe for threads.
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
  private final Newcomers newcomers = new Newcomers(WINDOW);
  private boolean isFollowing;
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

  /** From now on what comes is what happened at the source just now: it is no first copy. */
  synchronized void follows() {
    isFollowing = true;
  }

  /** Something came to a name at which nothing stood. */
  synchronized void came(byte[] path) {
    if (isFollowing && percentMax < 100) {
      newcomers.came(path, System.nanoTime());
    }
  }

  /** See {@link Newcomers#renamed}. */
  synchronized void renamed(byte[] from, byte[] to, boolean isReplacing) {
    newcomers.renamed(from, to, isReplacing);
  }

  /** See {@link Newcomers#renamedDirectory}. */
  synchronized void renamedDirectory(byte[] from, byte[] to, boolean isExchanged) {
    newcomers.renamedDirectory(from, to, isExchanged);
  }

  /**
   * Counts a name that is about to be removed.
   *
   * @param path of the name
   * @param directory that it is in
   * @return why it must not be, for people; null when it may
   */
  synchronized @Nullable String objection(
      byte[] path, DirectoryHandle directory, byte[] name, boolean isDirectory)
      throws LinuxException {
    if (percentMax >= 100) {
      return null;
    }
    long now = System.nanoTime();
    while (!buckets.isEmpty() && now - buckets.getFirst().began > WINDOW.toNanos()) {
      removed -= buckets.removeFirst().count;
      standing = -1;
    }
    long more = newcomers.has(path, now) ? 0 : 1;
    if (isDirectory) {
      try (DirectoryHandle below = directory.beneath(name)) {
        more += count(below, path, now);
      }
    }
    newcomers.gone(path);
    if (more == 0) {
      return null;
    }
    if (removed + more > ALWAYS) {
      if (standing < 0) {
        try (DirectoryHandle all = root.beneath(Paths.NONE)) {
          standing = removed + count(all, Paths.NONE, now);
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

  /** All names below, on this file system, but those that came lately. */
  private long count(DirectoryHandle directory, byte[] path, long now) throws LinuxException {
    long names = 0;
    long device = directory.status().device();
    directory.rewind();
    for (List<DirectoryEntry> some = directory.nextEntries();
        some != null;
        some = directory.nextEntries()) {
      for (DirectoryEntry entry : some) {
        byte[] one = Paths.join(path, entry.name());
        names += newcomers.has(one, now) ? 0 : 1;
        FileStatus status =
            entry.type() == DirectoryEntry.DIRECTORY || entry.type() == DirectoryEntry.UNKNOWN
                ? directory.status(entry.name())
                : null;
        if (status != null && status.isDirectory() && status.device() == device) {
          try (DirectoryHandle below = directory.beneath(entry.name())) {
            names += count(below, one, now);
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
