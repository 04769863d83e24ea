package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An open regular file, or any inode opened for its path only. See open(2). */
public final class FileHandle extends Handle {
  /** The most that one {@link #read} or one system call of {@link #write} moves, in bytes. */
  public static final int CHUNK_BYTES = Scratch.DATA_BYTES;

  private static final long OPENAT = Syscall.number(257, 56);
  private static final long PREAD = Syscall.number(17, 67);
  private static final long WRITE = Syscall.number(1, 64);
  private static final long FTRUNCATE = Syscall.number(77, 46);
  private static final long LSEEK = Syscall.number(8, 62);
  private static final long FALLOCATE = Syscall.number(285, 47);

  FileHandle(int descriptor, String shown) {
    super(descriptor, shown);
  }

  /**
   * Opens the same inode for reading. The caller has made sure that it is a regular file: opening a
   * fifo could wait for ever, opening a device can act (H5). The time of access stays where the
   * caller may ask for that.
   */
  public FileHandle reopenForReading() throws LinuxException {
    long flags =
        OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;
    long path = Scratch.get().path(magicLink(), "openat");
    long fd = Syscall.call(OPENAT, OpenFlags.AT_FDCWD, path, flags | OpenFlags.O_NOATIME, 0);
    if (fd == -Errno.EPERM) { // neither owner nor CAP_FOWNER
      fd = Syscall.call(OPENAT, OpenFlags.AT_FDCWD, path, flags, 0);
    }
    return new FileHandle((int) LinuxException.check(fd, "openat", shown()), shown());
  }

  /**
   * Reads at a position without moving anything; files are never mapped, because a file that is
   * truncated under a mapping kills the reader (H13).
   *
   * @return how many bytes, at most {@link #CHUNK_BYTES}; 0 at the end of the file
   */
  public int read(byte[] buffer, int offset, int length, long position) throws LinuxException {
    MemorySegment data = Scratch.get().data();
    int wanted = Math.min(length, CHUNK_BYTES);
    long count;
    do {
      count = Syscall.call(PREAD, descriptor(), data.address(), wanted, position);
    } while (count == -Errno.EINTR);
    LinuxException.check(count, "pread", shown());
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, buffer, offset, (int) count);
    return (int) count;
  }

  /** Writes all of it at the descriptor's place. */
  public void write(byte[] buffer, int offset, int length) throws LinuxException {
    MemorySegment data = Scratch.get().data();
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, CHUNK_BYTES);
      MemorySegment.copy(buffer, offset + done, data, ValueLayout.JAVA_BYTE, 0, part);
      int written = 0;
      while (written < part) {
        long count = Syscall.call(WRITE, descriptor(), data.address() + written, part - written);
        if (count == -Errno.EINTR) {
          continue;
        }
        LinuxException.check(count, "write", shown());
        written += (int) count;
      }
      done += part;
    }
  }

  /** Makes the file this long and writes go on at its end. */
  public void truncate(long length) throws LinuxException {
    LinuxException.check(Syscall.call(FTRUNCATE, descriptor(), length), "ftruncate", shown());
    LinuxException.check(Syscall.call(LSEEK, descriptor(), length, 0), "lseek", shown());
  }

  /** Moves the place of writing forward; what is passed over reads as zeros and takes no room. */
  public void skip(long bytes) throws LinuxException {
    LinuxException.check(Syscall.call(LSEEK, descriptor(), bytes, 1), "lseek", shown());
  }

  /**
   * Reserves room, so that a full disk is known before the content comes. Does nothing where the
   * file system cannot.
   */
  public void reserve(long bytes) throws LinuxException {
    long result = Syscall.call(FALLOCATE, descriptor(), 1 /* keep the size */, 0, bytes);
    if (result != -Errno.EOPNOTSUPP && result != -Errno.EINVAL) {
      LinuxException.check(result, "fallocate", shown());
    }
  }
}
