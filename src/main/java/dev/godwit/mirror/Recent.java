package dev.godwit.mirror;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Of a mirror that brings changes only: in the place of a tree that is to be looked at, because
 * changes in it may have been lost, the names in it that changed since then, as their inodes tell.
 * What did not change since the mirror began is never looked at. A name that went tells nothing.
 *
 * <p>Reads directories and statuses of the source; for one thread.
 */
final class Recent {
  /** The kernel's clock for inodes is so much behind, and orders take as long on their way. */
  private static final Duration CLOCKS = Duration.ofMillis(100);

  /** Opens directories below the root. */
  interface Directories {
    DirectoryHandle open(byte[] path) throws LinuxException;
  }

  private final Directories directories;
  private final Instant began;

  private Recent(Directories directories, Instant began) {
    this.directories = directories;
    this.began = began;
  }

  /**
   * @param followed for how long changes have been followed
   */
  static Recent of(Directories directories, Duration followed) {
    return new Recent(directories, Instant.now().minus(followed).minus(CLOCKS));
  }

  /**
   * The same looks with names in the place of trees, but for those that came to their places.
   *
   * @param unseen for how long changes may have been lost, and some more
   */
  Looks instead(Looks looks, Duration unseen) {
    if (looks.newTrees().containsAll(looks.trees())) {
      return looks;
    }
    Instant since = Instant.now().minus(unseen);
    long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, since.isBefore(began) ? began : since);
    List<Looks.Path> all = new ArrayList<>();
    for (Looks.Path one : looks.paths()) {
      if (one.scope().tree() && !looks.newTrees().contains(one.path())) {
        below(one.path(), nanos).forEach(path -> all.add(new Looks.Path(path, Scope.CONTENT)));
      } else {
        all.add(one);
      }
    }
    Looks names = Looks.of(all, looks.since());
    return new Looks(
        names.trees(),
        names.newTrees(),
        names.names(),
        names.contents(),
        looks.changes(),
        looks.since());
  }

  /**
   * @param since what changed then or later, in nanoseconds since the epoch
   */
  private Set<String> below(String top, long since) {
    Set<String> changed = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>();
    open.add(top);
    while (!open.isEmpty()) {
      String path = open.removeLast();
      try (DirectoryHandle directory = directories.open(PathText.bytes(path))) {
        if (path.isEmpty() && directory.status().ctimeTotalNanos() >= since) {
          changed.add(path); // the names of others are found where they are
        }
        for (List<DirectoryEntry> some = directory.nextEntries();
            some != null;
            some = directory.nextEntries()) {
          for (DirectoryEntry entry : some) {
            FileStatus status = directory.status(entry.name());
            String name = PathText.join(path, PathText.of(entry.name()));
            if (status != null && status.ctimeTotalNanos() >= since) {
              changed.add(name);
            }
            if (status != null && status.isDirectory()) {
              open.add(name);
            }
          }
        }
      } catch (LinuxException e) {
        boolean isGone = e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR;
        if (!isGone && e.errno() != Errno.EXDEV) { // a mount that takes no part
          changed.add(path); // whoever looks at it tells why
        }
      }
    }
    return changed;
  }
}
