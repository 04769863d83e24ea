package dev.godwit.stage;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where what a rehearsal writes to a tree is kept: in a folder beside the tree, on the same file
 * system, so that a large file which is opened for writing needs no room in memory, and none at all
 * where the file system can share blocks. The one thing of a stage that can outlive it, when the
 * host dies; so its name is the same each time.
 */
final class DiskFolders {
  private static final int PRIVATE = 0700;
  private static final int OTHERS = 0077;

  private DiskFolders() {}

  private static String name(String move) {
    return ".godwit-rehearsal-" + move;
  }

  /**
   * Makes a folder for a tree; the trees of one parent have one around them.
   *
   * @param number of the tree
   * @return null when the file system has no place for it but in the tree itself, or may not be
   *     written to
   */
  static @Nullable DirectoryHandle make(DirectoryHandle tree, String move, int number)
      throws LinuxException {
    byte[] parent = Paths.parent(Paths.real(tree));
    byte[] own = Names.of(Integer.toString(number));
    try (DirectoryHandle beside = DirectoryHandle.open(parent)) {
      if (beside.status().device() != tree.status().device()) {
        return null;
      }
      byte[] name = Names.of(name(move));
      if (beside.status(name) == null) {
        beside.makeDirectory(name, PRIVATE);
      }
      try (DirectoryHandle folder = beside.beneath(name)) {
        refuseForeign(folder, Paths.join(parent, name(move)));
        folder.makeDirectory(own, PRIVATE);
        return folder.beneath(own);
      }
    } catch (LinuxException e) {
      if (e.errno() == Errno.EROFS || e.errno() == Errno.ENOSPC) {
        return null;
      }
      throw e;
    }
  }

  /**
   * Removes the folders beside these trees: of this rehearsal, or of one that the host did not
   * survive.
   *
   * @return how many there were
   */
  static int remove(List<byte[]> roots, String move) throws LinuxException {
    int removed = 0;
    for (byte[] root : roots) {
      try (DirectoryHandle tree = DirectoryHandle.open(root)) {
        byte[] parent = Paths.parent(Paths.real(tree));
        try (DirectoryHandle beside = DirectoryHandle.open(parent)) {
          byte[] name = Names.of(name(move));
          FileStatus status = beside.status(name);
          if (status == null || !status.isDirectory()) {
            continue;
          }
          try (DirectoryHandle folder = beside.beneathOnSameMount(name)) {
            refuseForeign(folder, Paths.join(parent, name(move)));
            empty(folder);
          }
          beside.removeDirectory(name);
          removed++;
        }
      } catch (LinuxException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
        // A tree that is not there has nothing beside it that a rehearsal made.
      }
    }
    return removed;
  }

  /**
   * Only what is private to root was made by a rehearsal, and nobody else can have a hand in it.
   */
  private static void refuseForeign(DirectoryHandle folder, byte[] path) throws LinuxException {
    FileStatus status = folder.status();
    if (status.uid() != 0 || (status.permissions() & OTHERS) != 0) {
      throw new LinuxException(
          "use", Names.display(path) + ", which is not private to root", Errno.EPERM);
    }
  }

  private static void empty(DirectoryHandle folder) throws LinuxException {
    for (DirectoryEntry entry : folder.entries()) {
      FileStatus status = folder.status(entry.name());
      if (status != null && status.isDirectory()) {
        try (DirectoryHandle below = folder.beneathOnSameMount(entry.name())) {
          empty(below);
        }
        folder.removeDirectory(entry.name());
      } else if (status != null) {
        folder.remove(entry.name());
      }
    }
  }
}
