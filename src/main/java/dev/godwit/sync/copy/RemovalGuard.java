package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.OperatorPaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
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
 * <p>What sessions before this one have removed counts on, and what this one removes is told for
 * the ones after it: else each connection might take a share of what the last one has left.
 *
 * <p>The target is walked once a day at most, or when more would go than by what is known of it: as
 * time passes less stands than was counted, by what has left the window, or more.
 *
 * <p>Safe for threads. Who removes waits while names are counted; who only tells what came does
 * not.
 */
final class RemovalGuard {
  /** So many may always go: in a small tree a share is soon reached. */
  static final long ALWAYS = 100;

  /** What others do to the target is not told: so long a number may be wrong by that. */
  private static final long COUNTED_NANOS = Duration.ofDays(1).toNanos();

  /** So many are told at once: a connection that is cut has hardly any that nobody knows of. */
  private static final long TOLD_NAMES = 10;

  private final DirectoryHandle root;
  private final List<byte[]> keeping;
  private final int percentMax;
  private final LongConsumer told;
  private final Consumer<List<Long>> toldNames;
  private final LongSupplier clock;
  private final AtomicLong untold = new AtomicLong();

  /** Held by who removes; taken before the lock of this. */
  private final Object removing = new Object();

  // Guarded by removing.
  private final RemovalWindow window;
  private long counted;

  // Guarded by this.
  private final Newcomers newcomers = new Newcomers(RemovalWindow.LENGTH);

  /** When those came that sessions before this one have brought, by their sums. */
  private final Map<Long, Long> earlier = new HashMap<>();

  private final List<Long> untoldNames = new ArrayList<>();
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
   * @param before what was removed before
   * @param came what came before; no more counts of what has happened to these since
   * @param toldNames the sums of names that came, soon afterwards; as {@code told}
   * @param told how many names more may go, before the first of them does or soon after it; called
   *     by who removes, and by who calls {@link #tell}. Not called when any share may go
   */
  RemovalGuard(
      DirectoryHandle root,
      List<byte[]> keeping,
      int percentMax,
      List<RemovalWindow.Step> before,
      LongConsumer told,
      CameLately.Told came,
      Consumer<List<Long>> toldNames) {
    this(root, keeping, percentMax, before, told, came, toldNames, System::nanoTime);
  }

  /** With another clock, for tests. */
  RemovalGuard(
      DirectoryHandle root,
      List<byte[]> keeping,
      int percentMax,
      List<RemovalWindow.Step> before,
      LongConsumer told,
      CameLately.Told came,
      Consumer<List<Long>> toldNames,
      LongSupplier clock) {
    this.root = root;
    this.keeping = List.copyOf(keeping);
    this.percentMax = percentMax;
    this.window = new RemovalWindow(before, clock.getAsLong());
    this.told = told;
    this.toldNames = toldNames;
    this.clock = clock;
    this.isFollowing = came.isFollowed();
    long now = clock.getAsLong();
    came.names().forEach(one -> earlier.put(one.sum(), now - one.age().toNanos()));
  }

  /** From now on what comes is what happened at the source just now: it is no first copy. */
  synchronized void follows() {
    isFollowing = true;
  }

  /** Something came to a name at which nothing stood. */
  synchronized void came(byte[] path) {
    if (isFollowing && percentMax < 100) {
      newcomers.came(path, clock.getAsLong());
      untoldNames.add(CameLately.sum(path));
      if (untoldNames.size() == CameLately.TOLD_MAX) {
        tellNames();
      }
    }
  }

  /** See {@link Newcomers#renamed}. */
  synchronized void renamed(byte[] from, byte[] to, boolean isReplacing) {
    takeEarlier(from);
    if (isReplacing && standing > 0 && !newcomers.has(from, clock.getAsLong())) {
      standing--; // what had the new name is gone, and is no removal
    }
    newcomers.renamed(from, to, isReplacing);
  }

  /** What came in another session is one of this one's newcomers from now on. */
  private void takeEarlier(byte[] path) {
    Long came = earlier.isEmpty() ? null : earlier.remove(CameLately.sum(path));
    if (came != null && !newcomers.has(path, clock.getAsLong())) {
      newcomers.came(path, came);
    }
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
    stood(-window.forget(now));
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
    long gone = window.removed() + more;
    if (gone > ALWAYS) {
      if (isTooMuch(gone) || now - counted > COUNTED_NANOS) {
        count(now);
      }
      if (isTooMuch(gone)) {
        return "more than "
            + percentMax
            + " percent of the target's "
            + stood(0)
            + " names would be removed within "
            + RemovalWindow.LENGTH.toMinutes()
            + " minutes; nothing more is removed. If that is right, allow it: with a larger"
            + " --delete-limit, or with `godwit mirror resume --any-removals` where the mirror"
            + " runs on.";
      }
    }
    window.add(more, now);
    if (untold.addAndGet(more) >= TOLD_NAMES) {
      tell();
    }
    return null;
  }

  /** Tells what was counted and is not told yet. Does not wait for who removes. */
  void tell() {
    synchronized (this) {
      tellNames();
    }
    long names = untold.getAndSet(0);
    if (names > 0) {
      told.accept(names);
    }
  }

  /** With the lock. */
  private void tellNames() {
    if (!untoldNames.isEmpty()) {
      toldNames.accept(List.copyOf(untoldNames));
      untoldNames.clear();
    }
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
    takeEarlier(path);
    return newcomers.has(path, now);
  }

  private void count(long now) throws LinuxException {
    long names;
    try (DirectoryHandle all = root.beneath(Paths.NONE)) {
      names = window.removed() + count(all, Paths.NONE, now);
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
