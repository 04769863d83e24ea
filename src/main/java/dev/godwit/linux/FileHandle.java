package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An open regular file, or any inode opened for its path only. See open(2). */
public sealed class FileHandle extends Handle permits DeviceFile {
  /** The most that one {@link #read} or one system call of {@link #write} moves, in bytes. */
  public static final int CHUNK_BYTES = Scratch.DATA_BYTES;

  /** {@link LinuxException#call} of what cannot be read. */
  public static final String READ = "pread";

  static final long OPENAT = Syscall.number(257, 56);
  private static final long PREAD = Syscall.number(17, 67);
  private static final long WRITE = Syscall.number(1, 64);
  private static final long PWRITE = Syscall.number(18, 68);
  private static final long FTRUNCATE = Syscall.number(77, 46);
  static final long LSEEK = Syscall.number(8, 62);
  private static final long FALLOCATE = Syscall.number(285, 47);
  private static final long FADVISE = Syscall.number(221, 223);
  private static final long COPY_FILE_RANGE = Syscall.number(326, 285);
  private static final long IOCTL = Syscall.number(16, 29);

  private static final int FICLONE = 0x4004_9409;
  private static final int SEEK_SET = 0;
  private static final int SEEK_CUR = 1;
  static final int SEEK_END = 2;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int FADV_DONTNEED = 4;
  private static final int FALLOC_KEEP_SIZE = 1;
  private static final int FALLOC_PUNCH_HOLE = 2;

  /** Asked once; null until then. */
  private volatile @Nullable Boolean tellsHoles;

  FileHandle(int descriptor, byte[] name) {
    this(descriptor, name, false);
  }

  FileHandle(int descriptor, byte[] name, boolean forPathOnly) {
    super(descriptor, name, forPathOnly);
  }

  /**
   * Takes a descriptor over that was opened for its path alone (O_PATH).
   *
   * @param shown for messages
   */
  public static FileHandle ofPath(int descriptor, byte[] shown) {
    return new FileHandle(descriptor, shown, true);
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
    long fd = Syscall.restarting(OPENAT, OpenFlags.AT_FDCWD, path, flags | OpenFlags.O_NOATIME, 0);
    if (fd == -Errno.EPERM) { // neither owner nor CAP_FOWNER
      fd = Syscall.restarting(OPENAT, OpenFlags.AT_FDCWD, path, flags, 0);
    }
    return new FileHandle((int) checked(fd, "openat"), name());
  }

  /** As {@link DirectoryHandle#openForUpdate}, of the same inode; the caller knows what it is. */
  public FileHandle reopenForUpdate() throws LinuxException {
    long flags = OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;
    long path = Scratch.get().path(magicLink(), "openat");
    long fd = Syscall.restarting(OPENAT, OpenFlags.AT_FDCWD, path, flags, 0);
    return new FileHandle((int) checked(fd, "openat"), name());
  }

  /**
   * Reads at a position without moving anything; files are never mapped, because a file that is
   * truncated under a mapping kills the reader (H13).
   *
   * @return how many bytes, at most {@link #CHUNK_BYTES}; 0 at the end of the file
   */
  public int read(byte[] buffer, int offset, int length, long position) throws LinuxException {
    MemorySegment data = Scratch.get().data();
    int count = (int) read(data.address(), Math.min(length, CHUNK_BYTES), position);
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, buffer, offset, count);
    return count;
  }

  /**
   * As {@link #read(byte[], int, int, long)}, without a copy, for content that is only looked at.
   *
   * @return what was read, in memory of the thread: it stays until the thread's next call for the
   *     content of a file
   */
  public MemorySegment look(int length, long position) throws LinuxException {
    MemorySegment data = Scratch.get().data();
    return data.asSlice(0, read(data.address(), Math.min(length, CHUNK_BYTES), position));
  }

  /**
   * As {@link #read(byte[], int, int, long)}, into native memory and without a copy.
   *
   * @return how many bytes, perhaps fewer than asked for; 0 at the end of the file
   */
  public long read(MemorySegment buffer, long offset, long length, long position)
      throws LinuxException {
    return read(address(buffer, offset, length), length, position);
  }

  long read(long address, long length, long position) throws LinuxException {
    return checked(Syscall.restarting(PREAD, descriptor(), address, length, position), READ);
  }

  /**
   * Copies content to the place where {@code target} writes, through the thread's own native
   * memory, up to {@code length} bytes or the end of the file.
   *
   * @param expectedEnd where the caller believes that the file ends: a read that comes to an end
   *     just there is the last one, so that an unchanged small file takes one read and one write
   * @return how many bytes; less than {@code length} at the end of the file only
   */
  public long copyTo(FileHandle target, long position, long length, long expectedEnd)
      throws LinuxException {
    long buffer = Scratch.get().data().address();
    long done = 0;
    while (done < length) {
      long wanted = Math.min(length - done, CHUNK_BYTES);
      long count = read(buffer, wanted, position + done);
      if (count == 0) {
        break;
      }
      target.write(buffer, count);
      done += count;
      if (count < wanted && position + done == expectedEnd) {
        break;
      }
    }
    return done;
  }

  /**
   * Has the kernel copy a range (copy_file_range(2)): file systems that can, share the room.
   *
   * @return how many bytes, perhaps fewer than asked for; 0 at the end of this file; -1 when these
   *     two files cannot be copied so
   */
  public long copyRange(long position, FileHandle target, long targetPosition, long length)
      throws LinuxException {
    if (target instanceof DeviceFile) {
      return -1;
    }
    Scratch scratch = Scratch.get();
    MemorySegment positions = scratch.structure();
    positions.set(ValueLayout.JAVA_LONG, 0, position);
    positions.set(ValueLayout.JAVA_LONG, 8, targetPosition);
    long at = scratch.structureAddress();
    long count =
        Syscall.restarting(
            COPY_FILE_RANGE, descriptor(), at, target.descriptor(), at + 8, length, 0);
    if (count == -Errno.ENOSYS || isUnsupported(count)) {
      return -1;
    }
    return target.checked(count, "copy_file_range");
  }

  /**
   * Makes the target share all of this file's room until one of them is written (FICLONE,
   * ioctl_ficlone(2)).
   *
   * @return false when these two files cannot be shared so; nothing was done then
   */
  public boolean cloneTo(FileHandle target) throws LinuxException {
    if (target instanceof DeviceFile) {
      return false;
    }
    long result = Syscall.restarting(IOCTL, target.descriptor(), FICLONE, descriptor());
    if (result == -Errno.ENOTTY || isUnsupported(result)) {
      return false;
    }
    target.checked(result, "ioctl FICLONE");
    return true;
  }

  private static boolean isUnsupported(long result) {
    return result == -Errno.EOPNOTSUPP
        || result == -Errno.EXDEV
        || result == -Errno.EINVAL
        || result == -Errno.ETXTBSY; // swap in use: it can be read, and no more than that
  }

  /**
   * Reads at a position until so many bytes are there or the file ends.
   *
   * @return how many bytes; fewer than asked for at the end of the file only
   */
  public int readFully(byte[] buffer, int length, long position) throws LinuxException {
    int done = 0;
    while (done < length) {
      int count = read(buffer, done, length - done, position + done);
      if (count == 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  /**
   * Where the next content is, from a position on (SEEK_DATA, lseek(2)); -1 when there is only a
   * hole. Found by reading where the file system's word is not to be taken. Moves the place of
   * writing.
   */
  public long nextData(long position) throws LinuxException {
    if (!tellsHoles()) {
      return ReadHoles.nextData(this, position);
    }
    long found = Syscall.restarting(LSEEK, descriptor(), position, SEEK_DATA);
    return found == -Errno.ENXIO ? -1 : checked(found, "lseek");
  }

  /**
   * Where the next hole is, from a position on, or a place up to which there is none; the end of
   * the file counts as one; -1 when the position is at the end or behind it. Moves the place of
   * writing.
   */
  public long nextHole(long position) throws LinuxException {
    if (!tellsHoles()) {
      return ReadHoles.nextHole(this, position);
    }
    long found = Syscall.restarting(LSEEK, descriptor(), position, SEEK_HOLE);
    return found == -Errno.ENXIO ? -1 : checked(found, "lseek");
  }

  private boolean tellsHoles() throws LinuxException {
    Boolean known = tellsHoles;
    if (known == null) {
      known = FileSystemStatus.of(this).tellsHoles();
      tellsHoles = known;
    }
    return known;
  }

  /** Writes all of it at the descriptor's place. */
  public void write(byte[] buffer, int offset, int length) throws LinuxException {
    MemorySegment data = Scratch.get().data();
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, CHUNK_BYTES);
      MemorySegment.copy(buffer, offset + done, data, ValueLayout.JAVA_BYTE, 0, part);
      write(data.address(), part);
      done += part;
    }
  }

  /** Writes all of it, out of native memory, at the descriptor's place. */
  public void write(MemorySegment buffer, long offset, long length) throws LinuxException {
    write(address(buffer, offset, length), length);
  }

  private void write(long address, long length) throws LinuxException {
    long done = 0;
    while (done < length) {
      done +=
          checked(Syscall.restarting(WRITE, descriptor(), address + done, length - done), "write");
    }
  }

  /** Writes all of it at a position; the descriptor's place stays. */
  public void writeAt(byte[] buffer, int offset, int length, long position) throws LinuxException {
    MemorySegment data = Scratch.get().data();
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, CHUNK_BYTES);
      MemorySegment.copy(buffer, offset + done, data, ValueLayout.JAVA_BYTE, 0, part);
      writeAt(data.address(), part, position + done);
      done += part;
    }
  }

  /** As {@link #writeAt(byte[], int, int, long)}, out of native memory. */
  public void writeAt(MemorySegment buffer, long offset, long length, long position)
      throws LinuxException {
    writeAt(address(buffer, offset, length), length, position);
  }

  private void writeAt(long address, long length, long position) throws LinuxException {
    long done = 0;
    while (done < length) {
      done +=
          checked(
              Syscall.restarting(
                  PWRITE, descriptor(), address + done, length - done, position + done),
              "pwrite");
    }
  }

  private static long address(MemorySegment buffer, long offset, long length) {
    if (!buffer.isNative()) {
      throw new IllegalArgumentException("the kernel takes native memory only");
    }
    Objects.checkFromIndexSize(offset, length, buffer.byteSize());
    return buffer.address() + offset;
  }

  /** Writes go on at this position. */
  public void seek(long position) throws LinuxException {
    checked(Syscall.restarting(LSEEK, descriptor(), position, SEEK_SET), "lseek");
  }

  /** Makes the file this long and writes go on at its end. */
  public void truncate(long length) throws LinuxException {
    checked(Syscall.restarting(FTRUNCATE, descriptor(), length), "ftruncate");
    seek(length);
  }

  /** Moves the place of writing forward; what is passed over reads as zeros and takes no room. */
  public void skip(long bytes) throws LinuxException {
    checked(Syscall.restarting(LSEEK, descriptor(), bytes, SEEK_CUR), "lseek");
  }

  /**
   * Forgets what memory keeps of the content and is not waiting to be written
   * (POSIX_FADV_DONTNEED), so that it is read from the disk the next time. What is mapped by
   * somebody stays.
   */
  public void forgetCached() throws LinuxException {
    checked(Syscall.restarting(FADVISE, descriptor(), 0, 0, FADV_DONTNEED), "fadvise64");
  }

  /**
   * Reserves room, so that a full disk is known before the content comes. Does nothing where the
   * file system cannot.
   */
  public void reserve(long bytes) throws LinuxException {
    long result = Syscall.restarting(FALLOCATE, descriptor(), FALLOC_KEEP_SIZE, 0, bytes);
    if (result != -Errno.EOPNOTSUPP && result != -Errno.EINVAL) {
      checked(result, "fallocate");
    }
  }

  /**
   * Gives a range room and, where it reaches behind the end, the file its size (fallocate(2)). For
   * an empty range, which the kernel takes for a mistake, there is nothing to do.
   *
   * @return false when the file system cannot; nothing was done then
   */
  public boolean allocate(long position, long length) throws LinuxException {
    return length == 0 || allocate(0, position, length);
  }

  /**
   * Takes the room of a range back; it reads as zeros (FALLOC_FL_PUNCH_HOLE).
   *
   * @return false when the file system cannot; nothing was done then
   */
  public boolean punchHole(long position, long length) throws LinuxException {
    return allocate(FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, position, length);
  }

  private boolean allocate(int mode, long position, long length) throws LinuxException {
    long result = Syscall.restarting(FALLOCATE, descriptor(), mode, position, length);
    if (result == -Errno.EOPNOTSUPP || result == -Errno.ENOSYS) {
      return false;
    }
    checked(result, "fallocate");
    return true;
  }
}
