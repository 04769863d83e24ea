package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import org.jspecify.annotations.Nullable;

/**
 * Whether a temporary name may be that of a run which is alive. Each run has a mark on its target's
 * root for as long as it lives, so what it makes lies below a marked directory. A name that was
 * seen before no mark of another was found above it is of a run that was killed: a mark is set
 * before the first name is made, and goes with the process.
 *
 * <p>Marks of other hosts on a file system that both mounted are not seen.
 */
final class OtherRuns {
  private static final byte[] ABOVE = Names.of("..");

  /** Nobody can know; all of them stay. */
  static final OtherRuns UNKNOWN = new OtherRuns(null);

  private final @Nullable DirectoryHandle root;

  private OtherRuns(@Nullable DirectoryHandle root) {
    this.root = root;
  }

  /**
   * Marks the root until the handle is closed.
   *
   * @param root null in a dry run that would make it
   */
  static OtherRuns seenFrom(@Nullable DirectoryHandle root) {
    try {
      if (root != null) {
        root.mark();
        return new OtherRuns(root);
      }
    } catch (LinuxException e) {
      // A file system without locks.
    }
    return UNKNOWN;
  }

  /** Whether another run may be writing in a directory, as far as anybody can see. */
  boolean mayWriteIn(DirectoryHandle directory) {
    DirectoryHandle own = root;
    if (own == null) {
      return true;
    }
    try {
      FileStatus ownStatus = own.status();
      FileStatus last = FileStatus.NONE;
      DirectoryHandle at = directory.throughLinks(Paths.HERE);
      while (true) {
        try (DirectoryHandle current = at) {
          FileStatus status = current.status();
          if (status.isSameInode(last)) {
            return false; // above the top is the top
          }
          last = status;
          if ((status.isSameInode(ownStatus) ? own : current).isMarkedByOther()) {
            return true;
          }
          at = current.throughLinks(ABOVE);
        }
      }
    } catch (LinuxException e) {
      return true; // this user may not look there
    }
  }
}
