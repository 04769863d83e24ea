package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

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
  private static final long FCNTL = Syscall.number(72, 25);

  /** Nanoseconds that mean: leave this time as it is (utimensat(2)). */
  public static final int OMIT = (1 << 30) - 2;

  /** Nanoseconds that mean: the present. */
  public static final int NOW = (1 << 30) - 1;

  private static final int CLOSED = -1;

  // flock(2)
  private static final int LOCK_SHARED = 1;
  private static final int LOCK_EXCLUSIVE = 2;
  private static final int LOCK_WITHOUT_WAITING = 4;

  // fcntl(2)
  private static final long F_OFD_GETLK = 36;
  private static final long F_OFD_SETLK = 37;
  private static final short F_RDLCK = 0;
  private static final short F_WRLCK = 1;
  private static final short F_UNLCK = 2;
  private static final int STRUCT_FLOCK_BYTES = 32;

  /** False once this kernel has turned out not to have it. */
  static volatile boolean hasFchmodat2 = true;

  private final AtomicInteger descriptor;
  private final byte[] name;
  private final boolean forPathOnly;

  /**
   * @param name the name or path that it was opened by, for messages
   */
  Handle(int descriptor, byte[] name, boolean forPathOnly) {
    this.descriptor = new AtomicInteger(descriptor);
    this.name = name;
    this.forPathOnly = forPathOnly;
  }

  /** The descriptor's number; EBADF for the kernel once this is closed. */
  public final int descriptor() {
    return descriptor.get();
  }

  /** Whether it was opened for its path only (O_PATH): some calls then need another way. */
  final boolean isForPathOnly() {
    return forPathOnly;
  }

  /** What messages call it, escaped. */
  final String shown() {
    return Names.display(name);
  }

  /** As {@link LinuxException#check}; what messages call this handle is made up only for one. */
  final long checked(long result, String call) throws LinuxException {
    if (result < 0) {
      throw new LinuxException(call, shown(), (int) -result);
    }
    return result;
  }

  final byte[] name() {
    return name;
  }

  /** What statx(2) says of it. */
  public FileStatus status() throws LinuxException {
    checked(statx(descriptor()), "statx");
    return FileStatus.read(Scratch.get().statusWords());
  }

  /** Returns what the kernel did; the status is in this thread's {@link Scratch}. */
  static long statx(int fd) {
    Scratch scratch = Scratch.get();
    return Syscall.restarting(
        STATX,
        fd,
        scratch.emptyPath(),
        OpenFlags.AT_EMPTY_PATH,
        FileStatus.MASK,
        scratch.statusAddress(),
        0);
  }

  /** fchmod(2), also on a handle that was opened for its path only. */
  public final void setPermissions(int permissions) throws LinuxException {
    if (!forPathOnly) {
      checked(Syscall.restarting(FCHMOD, descriptor(), permissions), "fchmod");
      return;
    }
    Scratch scratch = Scratch.get();
    if (hasFchmodat2) {
      long result =
          Syscall.restarting(
              FCHMODAT2, descriptor(), scratch.emptyPath(), permissions, OpenFlags.AT_EMPTY_PATH);
      if (result != -Errno.ENOSYS) {
        checked(result, "fchmodat2");
        return;
      }
      hasFchmodat2 = false; // before kernel 6.6
    }
    checked(
        Syscall.restarting(
            FCHMODAT, OpenFlags.AT_FDCWD, scratch.path(magicLink(), "fchmodat"), permissions),
        "fchmodat");
  }

  /** This descriptor's entry in proc(5): leads to the inode itself, not along a path. */
  final byte[] magicLink() {
    return Names.of("/proc/self/fd/" + descriptor());
  }

  public final void setOwner(int uid, int gid) throws LinuxException {
    checked(
        Syscall.restarting(
            FCHOWNAT,
            descriptor(),
            Scratch.get().emptyPath(),
            uid & 0xffffffffL,
            gid & 0xffffffffL,
            OpenFlags.AT_EMPTY_PATH,
            0),
        "fchownat");
  }

  /** Sets the time of modification; the time of access is left as it is. */
  public final void setModified(long seconds, int nanos) throws LinuxException {
    setTimes(0, OMIT, seconds, nanos);
  }

  /**
   * Sets the times of access and modification, in one call, also on a handle that was opened for
   * its path only.
   *
   * @param atimeNanos 0 to 999,999,999, {@link #OMIT} or {@link #NOW}
   * @param mtimeNanos likewise
   */
  public final void setTimes(long atimeSeconds, int atimeNanos, long mtimeSeconds, int mtimeNanos)
      throws LinuxException {
    Scratch scratch = Scratch.get();
    long times = times(scratch, atimeSeconds, atimeNanos, mtimeSeconds, mtimeNanos);
    long result;
    if (forPathOnly) {
      long empty = scratch.emptyPath();
      result = Syscall.restarting(UTIMENSAT, descriptor(), empty, times, OpenFlags.AT_EMPTY_PATH);
      if (result == -Errno.EINVAL) { // kernels before 5.8 take no empty path
        long path = scratch.path(magicLink(), "utimensat");
        result = Syscall.restarting(UTIMENSAT, OpenFlags.AT_FDCWD, path, times, 0);
      }
    } else {
      result = Syscall.restarting(UTIMENSAT, descriptor(), 0, times, 0);
    }
    checked(result, "utimensat");
  }

  static long times(
      Scratch scratch, long atimeSeconds, int atimeNanos, long mtimeSeconds, int mtimeNanos) {
    return scratch.structure(atimeSeconds, atimeNanos, mtimeSeconds, mtimeNanos);
  }

  /**
   * The names of the extended attributes that this process may see, in the file system's order;
   * none where there can be none. Also on a handle that was opened for its path only, of a symbolic
   * link as well.
   */
  public final List<byte[]> xattrs() throws LinuxException {
    return XattrCalls.list(this);
  }

  /** The value of one of them; null when it is not there. At most 64 KiB. */
  public final byte @Nullable [] xattr(byte[] attribute) throws LinuxException {
    return XattrCalls.get(this, attribute);
  }

  /** As {@link DirectoryHandle#setXattr}. */
  public final void setXattr(byte[] attribute, byte[] value) throws LinuxException {
    XattrCalls.set(this, attribute, value);
  }

  /** Removes one of them; one that is not there is no error. */
  public final void removeXattr(byte[] attribute) throws LinuxException {
    XattrCalls.remove(this, attribute);
  }

  /** fsync(2). After an error the data is lost, and calling again says nothing (H8). */
  public final void sync() throws LinuxException {
    checked(Syscall.call(FSYNC, descriptor()), "fsync");
  }

  /**
   * syncfs(2): everything of this file system. From kernel 5.8 on it reports write errors since
   * this handle was opened or last synced.
   */
  public final void syncFileSystem() throws LinuxException {
    checked(Syscall.call(SYNCFS, descriptor()), "syncfs");
  }

  /**
   * Takes the exclusive lock of flock(2) on this inode, until the handle is closed.
   *
   * @return false when somebody else holds it
   */
  public final boolean tryLock() throws LinuxException {
    return tryLock(LOCK_EXCLUSIVE);
  }

  /**
   * Takes a shared lock of flock(2), or turns the exclusive one of this handle into one; others may
   * hold shared ones too.
   *
   * @return false when somebody else holds the exclusive one
   */
  public final boolean tryLockShared() throws LinuxException {
    return tryLock(LOCK_SHARED);
  }

  private boolean tryLock(int kind) throws LinuxException {
    long result = Syscall.call(FLOCK, descriptor(), kind | LOCK_WITHOUT_WAITING);
    if (result == -Errno.EAGAIN) {
      return false;
    }
    checked(result, "flock");
    return true;
  }

  /**
   * Marks this inode as in use, until the handle is closed; others may do so too. It is a lock for
   * reading of fcntl(2) (F_OFD_SETLK), which is apart from {@link #tryLock} and keeps nobody out.
   */
  public final void mark() throws LinuxException {
    fcntlLock(F_OFD_SETLK, F_RDLCK);
  }

  /** Whether a mark is on this inode that was not set by this handle. */
  public final boolean isMarkedByOther() throws LinuxException {
    return fcntlLock(F_OFD_GETLK, F_WRLCK) != F_UNLCK;
  }

  /** Of the whole inode; returns the kind of lock that stands in the way. */
  private short fcntlLock(long command, short kind) throws LinuxException {
    Scratch scratch = Scratch.get();
    MemorySegment lock = scratch.structure();
    lock.asSlice(0, STRUCT_FLOCK_BYTES).fill((byte) 0);
    lock.set(ValueLayout.JAVA_SHORT, 0, kind);
    checked(Syscall.restarting(FCNTL, descriptor(), command, scratch.structureAddress()), "fcntl");
    return lock.get(ValueLayout.JAVA_SHORT, 0);
  }

  /**
   * Closes and tells what the kernel says of it: a write error may appear only here (H8).
   * Afterwards {@link #close} does nothing.
   */
  public final void closeChecked() throws LinuxException {
    int fd = descriptor.getAndSet(CLOSED);
    if (fd != CLOSED) {
      checked(Syscall.call(CLOSE, fd), "close");
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
