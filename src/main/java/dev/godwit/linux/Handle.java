package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file descriptor. What acts through it acts on this inode whatever its name is by now, so
 * nobody can redirect it by exchanging a path component (H1, H2).
 *
 * <p>Threads: any may call; closing while another thread uses the handle makes that use fail.
 */
public abstract sealed class Handle implements AutoCloseable permits DirectoryHandle, FileHandle {
  private static final long STATX = Syscall.number(332, 291);
  private static final long CLOSE = Syscall.number(3, 57);
  private static final long FCHMOD = Syscall.number(91, 52);
  private static final long FCHMODAT = Syscall.number(268, 53);
  private static final long FCHMODAT2 = 452;
  private static final long FCHOWNAT = Syscall.number(260, 54);
  private static final long UTIMENSAT = Syscall.number(280, 88);
  private static final long FSYNC = Syscall.number(74, 82);
  private static final long SYNCFS = Syscall.number(306, 267);
  private static final long FLOCK = Syscall.number(73, 32);
  private static final long UTIME_OMIT = (1L << 30) - 2;
  private static final int CLOSED = -1;

  private static volatile boolean hasFchmodat2 = true;

  private final AtomicInteger descriptor;
  private final String shown;

  Handle(int descriptor, String shown) {
    this.descriptor = new AtomicInteger(descriptor);
    this.shown = shown;
  }

  /** The descriptor's number; EBADF for the kernel once this is closed. */
  public final int descriptor() {
    return descriptor.get();
  }

  /** What messages call it, escaped. */
  final String shown() {
    return shown;
  }

  public final FileStatus status() throws LinuxException {
    Scratch scratch = Scratch.get();
    LinuxException.check(
        Syscall.call(
            STATX,
            descriptor(),
            scratch.emptyPath(),
            OpenFlags.AT_EMPTY_PATH,
            FileStatus.MASK,
            scratch.statusAddress(),
            0),
        "statx",
        shown);
    return FileStatus.read(scratch.status());
  }

  /** fchmod(2), also on a handle that was opened for its path only. */
  public final void setPermissions(int permissions) throws LinuxException {
    long done = Syscall.call(FCHMOD, descriptor(), permissions);
    if (done != -Errno.EBADF) {
      LinuxException.check(done, "fchmod", shown);
      return;
    }
    // Opened for its path only.
    Scratch scratch = Scratch.get();
    if (hasFchmodat2) {
      long result =
          Syscall.call(
              FCHMODAT2, descriptor(), scratch.emptyPath(), permissions, OpenFlags.AT_EMPTY_PATH);
      if (result != -Errno.ENOSYS) {
        LinuxException.check(result, "fchmodat2", shown);
        return;
      }
      hasFchmodat2 = false; // before kernel 6.6
    }
    LinuxException.check(
        Syscall.call(
            FCHMODAT, OpenFlags.AT_FDCWD, scratch.path(magicLink(), "fchmodat"), permissions),
        "fchmodat",
        shown);
  }

  /** This descriptor's entry in proc(5): leads to the inode itself, not along a path. */
  final byte[] magicLink() {
    return Names.of("/proc/self/fd/" + descriptor());
  }

  public final void setOwner(int uid, int gid) throws LinuxException {
    LinuxException.check(
        Syscall.call(
            FCHOWNAT,
            descriptor(),
            Scratch.get().emptyPath(),
            uid & 0xffffffffL,
            gid & 0xffffffffL,
            OpenFlags.AT_EMPTY_PATH,
            0),
        "fchownat",
        shown);
  }

  /** Sets the time of modification; the time of access is left as it is. */
  public final void setModified(long seconds, int nanos) throws LinuxException {
    Scratch scratch = Scratch.get();
    LinuxException.check(
        Syscall.call(UTIMENSAT, descriptor(), 0, modified(scratch, seconds, nanos), 0),
        "utimensat",
        shown);
  }

  static long modified(Scratch scratch, long seconds, int nanos) {
    MemorySegment times = scratch.structure();
    times.set(ValueLayout.JAVA_LONG, 0, 0);
    times.set(ValueLayout.JAVA_LONG, 8, UTIME_OMIT);
    times.set(ValueLayout.JAVA_LONG, 16, seconds);
    times.set(ValueLayout.JAVA_LONG, 24, nanos);
    return scratch.structureAddress();
  }

  /** fsync(2). After an error the data is lost, and calling again says nothing (H8). */
  public final void sync() throws LinuxException {
    LinuxException.check(Syscall.call(FSYNC, descriptor()), "fsync", shown);
  }

  /**
   * syncfs(2): everything of this file system. From kernel 5.8 on it reports write errors since
   * this handle was opened or last synced.
   */
  public final void syncFileSystem() throws LinuxException {
    LinuxException.check(Syscall.call(SYNCFS, descriptor()), "syncfs", shown);
  }

  /**
   * Takes the exclusive lock of flock(2) on this inode, until the handle is closed.
   *
   * @return false when somebody else holds it
   */
  public final boolean tryLock() throws LinuxException {
    long result = Syscall.call(FLOCK, descriptor(), 2 | 4);
    if (result == -Errno.EAGAIN) {
      return false;
    }
    LinuxException.check(result, "flock", shown);
    return true;
  }

  /**
   * Closes and tells what the kernel says of it: a write error may appear only here (H8).
   * Afterwards {@link #close} does nothing.
   */
  public final void closeChecked() throws LinuxException {
    int fd = descriptor.getAndSet(CLOSED);
    if (fd != CLOSED) {
      LinuxException.check(Syscall.call(CLOSE, fd), "close", shown);
    }
  }

  @Override
  public final void close() {
    int fd = descriptor.getAndSet(CLOSED);
    if (fd != CLOSED) {
      var unused = Syscall.call(CLOSE, fd);
    }
  }
}
