package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.OperatorPaths;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a source that has lost most of its names from taking the target along (H27): counts what is
 * removed within a window of time against the names that stand on the target. A directory counts
 * with everything below it before anything of it is removed. Names that came within the same time,
 * while changes were followed as they happened, count neither as standing nor as removed: in a
 * spool all names come and go. Nor do those count that were removed or replaced and are kept in the
 * target itself.
 *
 * <p>The target is walked once a day at most, or when more would go than by what is known of it: as
 * time passes less stands than was counted, by what has left the window, or more.
 *
 * <p>Safe for threads. Who removes waits while names are counted; who only tells what came does
 * not.
 */
final class RemovalGuard {
  /** Removals further back than this do not count any more. */
  static final Duration WINDOW = Duration.ofMinutes(10);

  /** So many may always go: in a small tree a share is soon reached. */
  static final long ALWAYS = 100;

  /** What others do to the target is not told: so long a number may be wrong by that. */
  private static final long COUNTED_NANOS = Duration.ofDays(1).toNanos();

  private static final long BUCKET_NANOS = Duration.ofSeconds(10).toNanos();

  private record Bucket(long began, long count) {}

  private final DirectoryHandle root;
  private final List<byte[]> keeping;
  private final int percentMax;
  private final LongSupplier clock;

  /** Held by who removes; taken before the lock of this. */
  private final Object removing = new Object();

  // Guarded by removing.
  private final Deque<Bucket> buckets = new ArrayDeque<>();
  private long removed;
  private long counted;

  // Guarded by this.
  private final Newcomers newcomers = new Newcomers(WINDOW);
  private boolean isFollowing;

  /**
   * At most so many names stood on the target when the window began; -1: not counted yet. Less than
   * there were is no harm.
   */
  private long standing = -1;

  /**
   * @param keeping the folders that keep what was removed or replaced, absolute or from the root;
   *     they need not be there, nor in the target
   * @param percentMax the share of the target's names that may go within the window; 100 for any
   */
  RemovalGuard(DirectoryHandle root, List<byte[]> keeping, int percentMax) {
    this(root, keeping, percentMax, System::nanoTime);
  }

  /** With another clock, for tests. */
  RemovalGuard(DirectoryHandle root, List<byte[]> keeping, int percentMax, LongSupplier clock) {
    this.root = root;
    this.keeping = List.copyOf(keeping);
    this.percentMax = percentMax;
    this.clock = clock;
  }

  /** From now on what comes is what happened at the source just now: it is no first copy. */
  synchronized void follows() {
    isFollowing = true;
  }

  /** Something came to a name at which nothing stood. */
  synchronized void came(byte[] path) {
    if (isFollowing && percentMax < 100) {
      newcomers.came(path, clock.getAsLong());
    }
  }

  /** See {@link Newcomers#renamed}. */
  synchronized void renamed(byte[] from, byte[] to, boolean isReplacing) {
    if (isReplacing && standing > 0 && !newcomers.has(from, clock.getAsLong())) {
      standing--; // what had the new name is gone, and is no removal
    }
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
  @Nullable String objection(
      byte[] path, DirectoryHandle directory, byte[] name, boolean isDirectory)
      throws LinuxException {
    if (percentMax >= 100) {
      return null;
    }
    synchronized (removing) {
      return counted(path, directory, name, isDirectory);
    }
  }

  private @Nullable String counted(
      byte[] path, DirectoryHandle directory, byte[] name, boolean isDirectory)
      throws LinuxException {
    long now = clock.getAsLong();
    while (!buckets.isEmpty() && now - buckets.getFirst().began > WINDOW.toNanos()) {
      long passed = buckets.removeFirst().count;
      removed -= passed;
      stood(-passed);
    }
    long more = isNewcomer(path, now) ? 0 : 1;
    if (isDirectory) {
      try (DirectoryHandle below = directory.beneath(name)) {
        more += count(below, path, now);
      }
    }
    synchronized (this) {
      newcomers.gone(path);
    }
    if (more == 0) {
      return null;
    }
    if (removed + more > ALWAYS) {
      if (isTooMuch(removed + more) || now - counted > COUNTED_NANOS) {
        count(now);
      }
      if (isTooMuch(removed + more)) {
        return "more than "
            + percentMax
            + " percent of the target's "
            + stood(0)
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

  /** Also when nothing was counted. */
  private boolean isTooMuch(long gone) {
    return gone * 100 > stood(0) * percentMax;
  }

  /** How many names stood, with so many more. */
  private synchronized long stood(long more) {
    standing = standing < 0 ? standing : Math.max(0, standing + more);
    return standing;
  }

  private synchronized boolean isNewcomer(byte[] path, long now) {
    return newcomers.has(path, now);
  }

  private void count(long now) throws LinuxException {
    long names;
    try (DirectoryHandle all = root.beneath(Paths.NONE)) {
      names = removed + count(all, Paths.NONE, now);
    }
    counted = now;
    synchronized (this) {
      standing = names;
    }
  }

  /** All names below, on this file system, but those that came lately and those that are kept. */
  private long count(DirectoryHandle directory, byte[] path, long now) throws LinuxException {
    List<FileStatus> folders = new ArrayList<>();
    for (byte[] folder : keeping) {
      try (DirectoryHandle kept =
          OperatorPaths.openDirectory(folder[0] == '/' ? null : root, folder, null)) {
        folders.add(kept.status());
      } catch (LinuxException e) {
        if (!Paths.isGone(e)) {
          throw e;
        }
      }
    }
    return count(directory, path, now, folders);
  }

  private long count(DirectoryHandle directory, byte[] path, long now, List<FileStatus> except)
      throws LinuxException {
    long names = 0;
    long device = directory.status().device();
    directory.rewind();
    for (List<DirectoryEntry> some = directory.nextEntries();
        some != null;
        some = directory.nextEntries()) {
      for (DirectoryEntry entry : some) {
        byte[] one = Paths.join(path, entry.name());
        FileStatus status =
            entry.type() == DirectoryEntry.DIRECTORY || entry.type() == DirectoryEntry.UNKNOWN
                ? directory.status(entry.name())
                : null;
        if (status != null && status.isDirectory() && isOneOf(except, status)) {
          continue;
        }
        names += isNewcomer(one, now) ? 0 : 1;
        if (status != null && status.isDirectory() && status.device() == device) {
          try (DirectoryHandle below = directory.beneath(entry.name())) {
            names += count(below, one, now, except);
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

  private static boolean isOneOf(List<FileStatus> some, FileStatus one) {
    return some.stream().anyMatch(one::isSameInode);
  }
}
