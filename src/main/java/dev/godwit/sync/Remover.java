package dev.godwit.sync;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.WireException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Removes names from the target. A directory is emptied name by name and then removed with rmdir,
 * never as a whole: what is excluded, newly appeared or another file system stops that and is told
 * (H35).
 */
final class Remover {
  private final TargetSession session;
  private final long max;
  private final RemovalGuard guard;
  private final Set<TreePath> kept = ConcurrentHashMap.newKeySet();
  private long removed;
  private boolean stopped;

  Remover(TargetSession session, long max, RemovalGuard guard) {
    this.session = session;
    this.max = max;
    this.guard = guard;
  }

  /** From now on nothing at, below or above this path is removed (H25). Any thread. */
  void keep(TreePath path) throws WireException {
    if (kept.size() >= Protocol.KEPT_MAX) {
      throw new WireException("the source wants too many paths to be kept");
    }
    kept.add(path);
  }

  /** Whether this may not be removed, which is told then. */
  private boolean isKept(TreePath path) throws WireException {
    if (kept.isEmpty()) {
      return false;
    }
    for (TreePath up = path; !up.isRoot(); up = up.parent()) {
      if (kept.contains(up)) {
        session.problem(
            Problem.of(
                Problem.Side.TARGET,
                path,
                "not removed: at the source another file system was mounted"
                    + (up.equals(path) ? " there" : " at " + up)
                    + " during this copy. If it may go, remove it here by hand"));
        return true;
      }
    }
    return false;
  }

  /**
   * Removes one name with everything below it.
   *
   * @param directory the directory that the name is in, open as {@code handle}
   * @return whether it is gone
   */
  boolean remove(TargetBatch batch, TreePath directory, DirectoryHandle handle, byte[] name)
      throws WireException {
    TreePath path = directory.child(name);
    try {
      FileStatus status = handle.status(name);
      if (status == null) {
        return true;
      }
      if (session.isHalted() || isKept(path)) {
        return false; // after a halt not even what would be below the limit
      }
      String objection = guard.objection(handle, name, status.isDirectory());
      if (objection != null) {
        session.halt(Problem.of(Problem.Side.TARGET, path, objection));
        return false;
      }
      if (!status.isDirectory()) {
        return removeFile(handle, path, name);
      }
      boolean gone = removeTree(handle, path, name);
      session.removed(batch, path);
      return gone;
    } catch (LinuxException e) {
      session.problem(Problem.of(Problem.Side.TARGET, path, e));
      return false;
    }
  }

  private boolean removeFile(DirectoryHandle directory, TreePath path, byte[] name)
      throws LinuxException, WireException {
    if (!mayRemove(path)) {
      return false;
    }
    Trash trash = session.trash();
    try {
      if (trash != null) {
        trash.take(directory, path, name);
      } else {
        directory.remove(name);
      }
      session.tally().deleted.increment();
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    return true;
  }

  private boolean removeTree(DirectoryHandle parent, TreePath path, byte[] name)
      throws LinuxException, WireException {
    try (DirectoryHandle directory = parent.beneath(name)) {
      if (directory.status().device() != parent.status().device()) {
        session.problem(
            Problem.of(
                Problem.Side.TARGET, path, "not removed: another file system is mounted there"));
        return false;
      }
      boolean stays = false;
      for (DirectoryEntry entry : directory.entries()) {
        if (session.isEnding()) {
          return false;
        }
        TreePath below = path.child(entry.name());
        FileStatus status = directory.status(entry.name());
        if (status == null) {
          continue;
        }
        if (session.excludes().protects(path, entry.name(), status.isDirectory())
            || isKept(below)) {
          stays = true;
        } else if (status.isDirectory()) {
          stays |= !removeTree(directory, below, entry.name());
        } else {
          stays |= !removeFile(directory, below, entry.name());
        }
      }
      if (stays) {
        if (!isStopped()) {
          session.problem(
              Problem.of(Problem.Side.TARGET, path, "not removed: it holds names that are kept"));
        }
        return false;
      }
    }
    if (!mayRemove(path)) {
      return false;
    }
    parent.removeDirectory(name);
    session.tally().deleted.increment();
    return true;
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  /** Counts against the limit, and tells once when it is reached (H27). */
  private synchronized boolean mayRemove(TreePath path) throws WireException {
    if (stopped) {
      return false;
    }
    if (max >= 0 && removed >= max) {
      stopped = true;
      session.problem(
          Problem.of(
              Problem.Side.TARGET,
              path,
              "more than "
                  + max
                  + " names would be removed, which is the limit; nothing more is removed"));
      return false;
    }
    removed++;
    return true;
  }
}
