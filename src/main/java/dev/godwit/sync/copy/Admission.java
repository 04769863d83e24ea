package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;

/**
 * An ordinary user is let into what is his own and its mode closes to him, for as long as a copy
 * works on it. What he gets in the end is the mode that it shall have.
 */
final class Admission {
  /** To list a directory, and to make and remove names in it. */
  static final int DIRECTORY = 0700;

  /** To read a file and to write to it in place. */
  static final int FILE = 0600;

  private Admission() {}

  /**
   * Gives him the permissions that he lacks.
   *
   * @param wanted of the owner's permissions
   * @return those that were given; 0 when it was not the mode that kept him out
   */
  static int lend(Handle inode, int wanted) throws LinuxException {
    FileStatus closed = inode.status();
    int lacking = wanted & ~closed.permissions();
    if (lacking == 0 || closed.uid() != Identity.user()) {
      return 0;
    }
    inode.setPermissions(closed.permissions() | lacking);
    return lacking;
  }

  /** Takes what {@link #lend} gave. */
  static void takeBack(Handle inode, int lent) throws LinuxException {
    if (lent != 0) {
      inode.setPermissions(inode.status().permissions() & ~lent);
    }
  }
}
