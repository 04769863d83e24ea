package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The names of a directory as getdents64(2) leaves them, in native memory, where the next call can
 * take them from, and in a copy to look at. One thread.
 */
final class RawNames {
  private static final long STATX = Syscall.number(332, 291);
  private static final long GETDENTS64 = Syscall.number(217, 61);
  private static final int LENGTH = 16;
  private static final int TYPE = 18;
  private static final int NAME = 19;

  /** Room for "/proc/self/fd/", a number, and the longest name. */
  private static final int MAGIC_BYTES = 512;

  /** So much room has to be left for the next names, of which each takes less. */
  private static final int ROOM_MIN = 512;

  private final MemorySegment memory;
  private final ByteBuffer view;
  private final long address;

  private final MemorySegment magicMemory = Arena.ofAuto().allocate(MAGIC_BYTES, 1);
  private final ByteBuffer magic = magicMemory.asByteBuffer();
  private final long magicAddress = magicMemory.address();
  private int magicDirectory = -1;
  private int magicLength;

  /** Names begin where {@link #name} says and end with a NUL. */
  final byte[] bytes;

  RawNames() {
    this(Scratch.ENTRIES_BYTES);
  }

  /**
   * @param room in bytes
   */
  RawNames(int room) {
    memory = Arena.ofAuto().allocate(room, 8);
    view = memory.asByteBuffer().order(ByteOrder.nativeOrder());
    address = memory.address();
    bytes = new byte[room];
  }

  /** Reads the next names; returns how many bytes they take, 0 at the end. */
  int read(DirectoryHandle directory) throws LinuxException {
    return read(directory, 0);
  }

  private int read(DirectoryHandle directory, int at) throws LinuxException {
    int length =
        (int)
            directory.checked(
                Syscall.restarting(
                    GETDENTS64, directory.descriptor(), address + at, bytes.length - at),
                "getdents64");
    if (length > 0) {
      view.get(at, bytes, at, length);
    }
    return length;
  }

  /**
   * Reads all names of a directory that was not listed yet; returns how many bytes they take, -1
   * when there is no room for all of them.
   */
  int readAll(DirectoryHandle directory) throws LinuxException {
    int length = 0;
    while (bytes.length - length >= ROOM_MIN) {
      int more = read(directory, length);
      if (more == 0) {
        return length;
      }
      length += more;
    }
    return -1;
  }

  /** The address of a name, for calls. */
  long address(int name) {
    return address + name;
  }

  /** Where the entry after the one at {@code at} begins. */
  int next(int at) {
    return at + (bytes[at + LENGTH] & 0xff | (bytes[at + LENGTH + 1] & 0xff) << 8);
  }

  /** Where the name of the entry begins. */
  int name(int at) {
    return at + NAME;
  }

  boolean isRegular(int at) {
    return type(at) == DirectoryEntry.REGULAR;
  }

  /** As {@link DirectoryEntry#type}. */
  int type(int at) {
    return bytes[at + TYPE];
  }

  DirectoryEntry entry(int at) {
    return new DirectoryEntry(copy(name(at)), view.getLong(at), type(at));
  }

  /** Whether it is "." or "..". */
  boolean isDots(int at) {
    int from = at + NAME;
    return bytes[from] == '.'
        && (bytes[from + 1] == 0 || bytes[from + 1] == '.' && bytes[from + 2] == 0);
  }

  boolean begins(int name, byte[] prefix) {
    return name + prefix.length <= bytes.length
        && Arrays.equals(bytes, name, name + prefix.length, prefix, 0, prefix.length);
  }

  /** Where the name ends. */
  int end(int name) {
    int to = name;
    while (bytes[to] != 0) {
      to++;
    }
    return to;
  }

  byte[] copy(int name) {
    return Arrays.copyOfRange(bytes, name, end(name));
  }

  /** statx(2) of a name, not of what it leads to; false when that does not work. */
  boolean status(int directory, int name, int mask, long to) {
    return Syscall.restarting(
            STATX, directory, address + name, OpenFlags.AT_SYMLINK_NOFOLLOW, mask, to, 0)
        == 0;
  }

  /**
   * Whether the name has no extended attribute, and no list, which are attributes as well; by the
   * ways of {@link XattrCalls}. False when nobody can say.
   */
  boolean hasNoXattrs(DirectoryHandle directory, int name) throws LinuxException {
    long length =
        switch (XattrCalls.way(directory)) {
          case AT -> XattrCalls.lengthOfList(directory.descriptor(), address + name);
          case WORKING_DIRECTORY -> XattrCalls.lengthOfList(address + name);
          case PROC -> XattrCalls.lengthOfList(magicPath(directory.descriptor(), name));
        };
    return length == 0 || length == -Errno.EOPNOTSUPP;
  }

  /** The address of a path that leads to a name through its open directory. */
  private long magicPath(int directory, int name) {
    if (directory != magicDirectory) {
      byte[] prefix = Names.of("/proc/self/fd/" + directory + "/");
      magic.put(0, prefix);
      magicDirectory = directory;
      magicLength = prefix.length;
    }
    magic.put(magicLength, bytes, name, end(name) + 1 - name);
    return magicAddress;
  }
}
