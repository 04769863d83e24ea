package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's lasting name of an inode on its filesystem: a type and a few bytes that stay the
 * same over renames, and that a later inode with the same number does not get
 * (name_to_handle_at(2), open_by_handle_at(2)). A value; safe for threads.
 */
public final class InodeHandle {
  /** MAX_HANDLE_SZ. */
  public static final int BYTES_MAX = 128;

  /** The bytes in front of the handle's own: their count and the type. */
  static final int HEADER_BYTES = 8;

  private static final int AT_EMPTY_PATH = 0x1000;
  private static final byte[] NO_NAME = new byte[1];
  private static final long NAME_TO_HANDLE_AT = Syscall.number(303, 264);
  private static final long OPEN_BY_HANDLE_AT = Syscall.number(304, 265);

  private final int type;
  private final byte[] bytes;
  private final int tree;
  private final int hash;

  public InodeHandle(int type, byte[] bytes) {
    this(type, bytes.clone(), 0);
  }

  private InodeHandle(int type, byte[] bytes, int tree) {
    this.type = type;
    this.bytes = bytes;
    this.tree = tree;
    this.hash = 31 * (31 * type + Arrays.hashCode(bytes)) + tree;
  }

  /**
   * The same inode told apart from those of other file systems, where a handle like this one may
   * stand for something else.
   *
   * @param number a different one for each of the trees that are looked at; 0 is the first one's
   */
  public InodeHandle inTree(int number) {
    return number == tree ? this : new InodeHandle(type, bytes, number);
  }

  /** Whether it is one of {@link #inTree} with this number. */
  public boolean isInTree(int number) {
    return number == tree;
  }

  /**
   * The handle of an open file.
   *
   * @return null when its filesystem has none (EOPNOTSUPP), or a longer one (EOVERFLOW: some
   *     servers of NFS)
   */
  public static @Nullable InodeHandle of(int fd) throws LinuxException {
    return of(fd, NO_NAME);
  }

  /**
   * The handle of what has a name in an open directory; of a symbolic link itself.
   *
   * @param name ends with a zero; nothing before it: of the directory
   */
  static @Nullable InodeHandle of(int fd, byte[] name) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = arena.allocate(HEADER_BYTES + BYTES_MAX, 8);
      MemorySegment mountId = arena.allocate(8, 8);
      handle.set(ValueLayout.JAVA_INT, 0, BYTES_MAX);
      long result =
          Syscall.call(
              NAME_TO_HANDLE_AT,
              fd,
              arena.allocateFrom(ValueLayout.JAVA_BYTE, name).address(),
              handle.address(),
              mountId.address(),
              AT_EMPTY_PATH,
              0);
      if (result == -Errno.EOPNOTSUPP || result == -Errno.EOVERFLOW) {
        return null;
      }
      LinuxException.check(result, "name_to_handle_at", "");
      return read(handle, 0);
    }
  }

  /** Takes a {@code struct file_handle} out of a message of the kernel. */
  static InodeHandle read(MemorySegment segment, long offset) {
    int length = segment.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
    int type = segment.get(ValueLayout.JAVA_INT_UNALIGNED, offset + 4);
    byte[] bytes = new byte[Math.clamp(length, 0, BYTES_MAX)];
    MemorySegment.copy(
        segment, ValueLayout.JAVA_BYTE, offset + HEADER_BYTES, bytes, 0, bytes.length);
    return new InodeHandle(type, bytes);
  }

  /**
   * Opens what the handle stands for. Needs CAP_DAC_READ_SEARCH in the first user namespace.
   *
   * @param mountFd a file of the same filesystem, open for reading (O_PATH is refused: EBADF)
   * @return a descriptor, or {@code -errno}; {@code -ESTALE} when the inode is gone
   */
  public int open(int mountFd, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = arena.allocate(HEADER_BYTES + BYTES_MAX, 8);
      handle.set(ValueLayout.JAVA_INT, 0, bytes.length);
      handle.set(ValueLayout.JAVA_INT, 4, type);
      MemorySegment.copy(bytes, 0, handle, ValueLayout.JAVA_BYTE, HEADER_BYTES, bytes.length);
      return (int) Syscall.call(OPEN_BY_HANDLE_AT, mountFd, handle.address(), flags);
    }
  }

  public int type() {
    return type;
  }

  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof InodeHandle o
        && o.type == type
        && o.tree == tree
        && Arrays.equals(o.bytes, bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
