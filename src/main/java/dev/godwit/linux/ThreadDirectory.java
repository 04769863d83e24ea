package dev.godwit.linux;

/**
 * A working directory and a file mode creation mask that belong to the calling thread alone
 * (unshare(2) with CLONE_FS, which needs no privilege). With the one, a call that knows no
 * directory handles can be given a single name ({@link DirectoryHandle#xattr}); with the other, a
 * new file gets the mode it was made with, and nobody else's files do.
 *
 * <p>A thread that was not separated shares both with the whole process, and nothing here ever
 * changes those. A separated thread must start neither threads nor programs: they would begin in
 * its directory and with its mask. So this is for the worker threads of an engine, platform threads
 * that do nothing but system calls.
 */
public final class ThreadDirectory {
  private static final long UNSHARE = Syscall.number(272, 97);
  private static final long FCHDIR = Syscall.number(81, 50);
  private static final long CHDIR = Syscall.number(80, 49);
  private static final long UMASK = Syscall.number(95, 166);
  private static final int CLONE_FS = 0x200;

  private ThreadDirectory() {}

  /**
   * Gives the calling thread a working directory and a mask of its own, until it ends.
   *
   * @return false when that is not to be had (a filter of system calls, a virtual thread); every
   *     call of this room works then too, some of them slower
   */
  public static boolean separate() {
    if (Thread.currentThread().isVirtual()) {
      return false;
    }
    Scratch scratch = Scratch.get();
    if (!scratch.ownsDirectory) {
      scratch.ownsDirectory = Syscall.call(UNSHARE, CLONE_FS) == 0;
    }
    return scratch.ownsDirectory;
  }

  /** Whether the calling thread was separated. */
  public static boolean isSeparate() {
    return Scratch.get().ownsDirectory;
  }

  /**
   * umask(2) of the calling thread, which must have been separated.
   *
   * @return the mask before
   */
  public static int setMask(int mask) {
    if (!isSeparate()) {
      throw new IllegalStateException("the mask would be changed for the whole process");
    }
    return (int) Syscall.call(UMASK, mask);
  }

  /** Goes back to "/", so that the thread keeps no file system busy. */
  public static void leave() {
    Scratch scratch = Scratch.get();
    if (scratch.directory == null) {
      return;
    }
    scratch.directory = null;
    try {
      LinuxException.check(
          Syscall.call(CHDIR, scratch.path(new byte[] {'/'}, "chdir")), "chdir", "/");
    } catch (LinuxException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Makes the directory the calling thread's working directory.
   *
   * @return false when the thread was not separated; nothing was done then
   */
  static boolean enter(DirectoryHandle directory) throws LinuxException {
    Scratch scratch = Scratch.get();
    if (!scratch.ownsDirectory) {
      return false;
    }
    if (scratch.directory != directory) {
      LinuxException.check(
          Syscall.restarting(FCHDIR, directory.descriptor(), 0), "fchdir", directory.shown());
      scratch.directory = directory;
    }
    return true;
  }
}
