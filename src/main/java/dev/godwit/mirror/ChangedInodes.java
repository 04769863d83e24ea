package dev.godwit.mirror;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which names of a tree have inodes that were changed of late: reads every directory and status.
 */
final class ChangedInodes {
  private ChangedInodes() {}

  /**
   * The names below a directory, and the root itself if it is that.
   *
   * @param since what changed then or later, in nanoseconds since 1970 by the file system's clock
   * @return also the directories that cannot be read
   */
  static Set<String> below(String top, LinkFinder.Tree tree, long since) {
    Set<String> changed = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>();
    open.add(top);
    while (!open.isEmpty()) {
      String path = open.removeLast();
      try (DirectoryHandle directory = tree.open(PathText.bytes(path))) {
        if (path.isEmpty() && directory.status().ctimeTotalNanos() >= since) {
          changed.add(path); // the names of others are found where they are
        }
        for (var some = directory.nextEntries(); some != null; some = directory.nextEntries()) {
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
