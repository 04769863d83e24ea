package dev.godwit.mirror;

import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Files that were changed by names of which a watch of directories by their paths (inotify) cannot
 * tell what they were: one that was made, used and removed before anybody has looked, and one
 * outside of the source. Of the names that such a file has nothing was told, but its inode has
 * changed. So before a barrier inodes are looked at, without a look at the target: of all files if
 * names went since the last time, or directories came; else of those that are known to have several
 * names (H10).
 *
 * <p>Not found is what was written by a name outside that was made after the file had been listed,
 * while no name went.
 *
 * <p>For one thread.
 */
final class SilentChanges {
  /**
   * A moment by two clocks.
   *
   * @param nanos since 1970, by the clock of inodes' times
   * @param offset of that clock to System.nanoTime(); it is another one after the clock was set
   */
  private record Moment(long nanos, long offset) {
    static Moment now() {
      long nanos = CoarseClock.nanos();
      return new Moment(nanos, nanos - System.nanoTime());
    }

    /** Since when inodes are to be looked at, to find all that has changed since this moment. */
    long since(Moment now) {
      return nanos + Math.min(0, now.offset - offset) - 2 * CoarseClock.tickNanos();
    }
  }

  private final SourceWatches watches;
  private final LinkFinder.Tree tree;
  private final Supplier<List<byte[]>> linked;
  private final SourceState state;

  /** Until when all files, and those with several names, are known to be looked at. */
  private Moment allSeen = Moment.now();

  private Moment linkedSeen = allSeen;

  /** See {@code WatchState.untraced}. */
  private long untracedSeen;

  /**
   * To be made before anything is looked at.
   *
   * @param linked one name of each file that is known to have several
   */
  SilentChanges(
      SourceWatches watches,
      LinkFinder.Tree tree,
      Supplier<List<byte[]>> linked,
      SourceState state) {
    this.watches = watches;
    this.tree = tree;
    this.linked = linked;
    this.state = state;
  }

  /** To be called when the watches have told what has happened. */
  void mark() {
    if (!watches.isAnyByNames()) {
      return;
    }
    long untraced = watches.state().untraced();
    Moment now = Moment.now();
    if (untraced == untracedSeen) {
      mark(ofLinked(linkedSeen.since(now)));
    } else {
      mark(ChangedInodes.below("", tree, allSeen.since(now)));
      allSeen = now;
      untracedSeen = untraced;
    }
    linkedSeen = now;
  }

  private Map<String, FileStatus> ofLinked(long since) {
    Map<String, List<byte[]>> byDirectory = new TreeMap<>();
    for (byte[] name : linked.get()) {
      String path = PathText.of(name);
      byDirectory
          .computeIfAbsent(PathText.parent(path), key -> new ArrayList<>())
          .add(PathText.bytes(PathText.name(path)));
    }
    Map<String, FileStatus> changed = new LinkedHashMap<>();
    byDirectory.forEach(
        (path, names) -> {
          try (DirectoryHandle in = tree.open(PathText.bytes(path))) {
            for (byte[] name : names) {
              FileStatus status = in.status(name);
              if (status != null && status.ctimeTotalNanos() >= since) {
                changed.put(PathText.join(path, PathText.of(name)), status);
              }
            }
          } catch (LinuxException e) {
            // Gone, which is told, or unreadable, which its own look tells.
          }
        });
    return changed;
  }

  /**
   * What was read since it has changed is as it was read: nearly all that has changed. No change
   * after that has the same stamp, because a file is read only when the next one has another (H19).
   */
  private void mark(Map<String, FileStatus> changed) {
    state.lock.lock();
    try {
      changed.forEach(
          (path, status) -> {
            boolean isFile = status.mode() != 0 && !status.isDirectory();
            if (isFile && !state.pending.wasRead(path, status.ctimeTotalNanos())) {
              state.pending.changed(path, Scope.CONTENT, System.nanoTime());
            }
          });
    } finally {
      state.lock.unlock();
    }
  }
}
