package dev.godwit.mirror;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which names of a tree have inodes that were changed of late: reads every directory and status.
 */
final class ChangedInodes {
  private ChangedInodes() {}

  /**
   * The names below a directory, and the root itself if it is that.
   *
   * @param since what changed then or later, in nanoseconds since 1970 by the file system's clock
   * @return each with its status; {@link FileStatus#NONE} for a directory that cannot be read
   */
  static Map<String, FileStatus> below(String top, LinkFinder.Tree tree, long since) {
    Map<String, FileStatus> changed = new LinkedHashMap<>();
    Deque<String> open = new ArrayDeque<>();
    open.add(top);
    while (!open.isEmpty()) {
      String path = open.removeLast();
      try (DirectoryHandle directory = tree.open(PathText.bytes(path))) {
        FileStatus own = path.isEmpty() ? directory.status() : FileStatus.NONE;
        if (path.isEmpty() && own.ctimeTotalNanos() >= since) {
          changed.put(path, own); // the names of others are found where they are
        }
        for (var some = directory.nextEntries(); some != null; some = directory.nextEntries()) {
          for (DirectoryEntry entry : some) {
            FileStatus status = directory.status(entry.name());
            String name = PathText.join(path, PathText.of(entry.name()));
            if (status != null && status.ctimeTotalNanos() >= since) {
              changed.put(name, status);
            }
            if (status != null && status.isDirectory()) {
              open.add(name);
            }
          }
        }
      } catch (LinuxException e) {
        boolean isGone = e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR;
        if (!isGone && e.errno() != Errno.EXDEV) { // a mount that takes no part
          changed.put(path, FileStatus.NONE); // whoever looks at it tells why
        }
      }
    }
    return changed;
  }
}
