package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import org.jspecify.annotations.Nullable;

/**
 * Whether a directory can be the trash of a series of copies: what goes there is moved in one step,
 * which is not possible between file systems, nor between mounts.
 */
public final class TrashPlace {
  private TrashPlace() {}

  /** Where a trash is: below the target, unless its path begins at the root. */
  public static byte[] of(byte[] target, byte[] trash) {
    return trash.length > 0 && trash[0] == '/' ? trash : Paths.join(target, trash);
  }

  /**
   * Finds out by what stands of the two paths; nothing is made.
   *
   * @param trash as it was given
   * @return why it cannot be, for people; null when it can
   */
  public static @Nullable String objection(byte[] target, byte[] trash) throws LinuxException {
    FileStatus there = standing(of(target, trash));
    FileStatus here = standing(target);
    boolean isOneMount = there.mount() == here.mount(); // also where the kernel tells none
    if (there.device() == here.device() && isOneMount) {
      return null;
    }
    return "--trash="
        + Names.display(trash)
        + " is on another file system or mount than "
        + Names.display(target)
        + ", so that nothing could be moved there: name a folder below DST, or one that is on DST's"
        + " own";
  }

  /** Of the directory, or of the one in which it will be made. */
  private static FileStatus standing(byte[] path) throws LinuxException {
    byte[] at = path;
    while (true) {
      try (DirectoryHandle directory = DirectoryHandle.open(at)) {
        return directory.status();
      } catch (LinuxException e) {
        boolean isTop = at.length == 1 && (at[0] == '/' || at[0] == '.');
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR || isTop) {
          throw e;
        }
        at = above(at);
      }
    }
  }

  private static byte[] above(byte[] path) {
    byte[] parent = Paths.parent(path);
    return parent.length > 0 ? parent : path[0] == '/' ? new byte[] {'/'} : Paths.HERE;
  }
}
