package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The calls for extended attributes (xattr(7)) of a name in an open directory, none of which
 * follows the name, and of an open file.
 *
 * <p>There are three ways to a name, and each leads to the same inode whoever exchanges directories
 * above it (H1, H2):
 *
 * <ul>
 *   <li>{@link Way#AT}: listxattrat(2) and its kin, Linux 6.13; 1.6 µs for a list.
 *   <li>{@link Way#WORKING_DIRECTORY}: the thread goes into the directory and uses llistxattr(2)
 *       with the single name; 1.6 µs, and 0.3 µs for each directory. Only for a thread that has a
 *       working directory of its own ({@link ThreadDirectory}).
 *   <li>{@link Way#PROC}: llistxattr(2) of {@code /proc/self/fd/DIRECTORY/name}, where the kernel
 *       goes from the descriptor's entry to the open directory itself; 4.2 µs. Opening the name for
 *       its path only and asking the descriptor's entry takes 5.9 µs.
 * </ul>
 */
final class XattrCalls {
  /** How a name in a directory is reached. */
  enum Way {
    AT,
    WORKING_DIRECTORY,
    PROC
  }

  /** XATTR_SIZE_MAX and XATTR_LIST_MAX: what the kernel itself never exceeds. */
  static final int BYTES_MAX = 64 * 1024;

  private static final long SETXATTRAT = 463;
  private static final long GETXATTRAT = 464;
  private static final long LISTXATTRAT = 465;
  private static final long REMOVEXATTRAT = 466;
  private static final long SETXATTR = Syscall.number(188, 5);
  private static final long LSETXATTR = Syscall.number(189, 6);
  private static final long FSETXATTR = Syscall.number(190, 7);
  private static final long GETXATTR = Syscall.number(191, 8);
  private static final long LGETXATTR = Syscall.number(192, 9);
  private static final long FGETXATTR = Syscall.number(193, 10);
  private static final long LISTXATTR = Syscall.number(194, 11);
  private static final long LLISTXATTR = Syscall.number(195, 12);
  private static final long FLISTXATTR = Syscall.number(196, 13);
  private static final long REMOVEXATTR = Syscall.number(197, 14);
  private static final long LREMOVEXATTR = Syscall.number(198, 15);
  private static final long FREMOVEXATTR = Syscall.number(199, 16);

  private static final int ARGUMENTS_BYTES = 16;

  /** Set by tests only. */
  static volatile @Nullable Way forced;

  private XattrCalls() {}

  /** Asked once, by a list of "/" into no memory: a filter of calls may answer EPERM as well. */
  private static final class Kernel {
    static final boolean HAS_AT =
        Syscall.call(LISTXATTRAT, OpenFlags.AT_FDCWD, root(), 0, 0, 0, 0) >= 0;

    private static long root() {
      try {
        return Scratch.get().path(new byte[] {'/'}, "listxattrat");
      } catch (LinuxException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** The way to names of a directory that this thread takes; it is there then. */
  static Way way(DirectoryHandle directory) throws LinuxException {
    Way known = forced;
    if (known == null ? Kernel.HAS_AT : known == Way.AT) {
      return Way.AT;
    }
    return forced != Way.PROC && ThreadDirectory.enter(directory)
        ? Way.WORKING_DIRECTORY
        : Way.PROC;
  }

  /** The address of what leads to the name in the ways that know no directory. */
  private static long path(Scratch scratch, Way way, DirectoryHandle directory, byte[] name)
      throws LinuxException {
    if (way != Way.PROC) {
      return scratch.path(name, "xattr");
    }
    byte[] magic = directory.magicLink();
    byte[] path = new byte[magic.length + 1 + name.length];
    System.arraycopy(magic, 0, path, 0, magic.length);
    path[magic.length] = '/';
    System.arraycopy(name, 0, path, magic.length + 1, name.length);
    return scratch.path(path, "xattr");
  }

  /**
   * How many bytes the names of a name's attributes take, or a negative error.
   *
   * @param name the address of a name in the directory
   */
  static long lengthOfList(int directory, long name) {
    return Syscall.restarting(LISTXATTRAT, directory, name, OpenFlags.AT_SYMLINK_NOFOLLOW, 0, 0, 0);
  }

  /** The same of a path, by the address of that. */
  static long lengthOfList(long path) {
    return Syscall.restarting(LLISTXATTR, path, 0, 0);
  }

  static List<byte[]> list(DirectoryHandle directory, byte[] name) throws LinuxException {
    Way way = way(directory);
    Scratch scratch = Scratch.get();
    long path = path(scratch, way, directory, name);
    long list = scratch.data().address();
    long length =
        way == Way.AT
            ? Syscall.restarting(
                LISTXATTRAT,
                directory.descriptor(),
                path,
                OpenFlags.AT_SYMLINK_NOFOLLOW,
                list,
                BYTES_MAX,
                0)
            : Syscall.restarting(LLISTXATTR, path, list, BYTES_MAX);
    if (length == 0 || length == -Errno.EOPNOTSUPP) {
      return List.of();
    }
    check(length, way == Way.AT ? "listxattrat" : "llistxattr", name);
    return names(scratch.data(), length);
  }

  static byte @Nullable [] get(DirectoryHandle directory, byte[] name, byte[] attribute)
      throws LinuxException {
    Way way = way(directory);
    Scratch scratch = Scratch.get();
    long path = path(scratch, way, directory, name);
    long key = scratch.secondPath(attribute, "getxattr");
    MemorySegment value = scratch.data();
    long length =
        way == Way.AT
            ? Syscall.restarting(
                GETXATTRAT,
                directory.descriptor(),
                path,
                OpenFlags.AT_SYMLINK_NOFOLLOW,
                key,
                arguments(scratch, BYTES_MAX),
                ARGUMENTS_BYTES)
            : Syscall.restarting(LGETXATTR, path, key, value.address(), BYTES_MAX);
    return isNone(length)
        ? null
        : value(
            scratch, check(length, way == Way.AT ? "getxattrat" : "lgetxattr", name, attribute));
  }

  static void set(DirectoryHandle directory, byte[] name, byte[] attribute, byte[] value)
      throws LinuxException {
    Way way = way(directory);
    Scratch scratch = Scratch.get();
    long path = path(scratch, way, directory, name);
    long key = scratch.secondPath(attribute, "setxattr");
    long from = put(scratch, value, attribute);
    long result =
        way == Way.AT
            ? Syscall.restarting(
                SETXATTRAT,
                directory.descriptor(),
                path,
                OpenFlags.AT_SYMLINK_NOFOLLOW,
                key,
                arguments(scratch, value.length),
                ARGUMENTS_BYTES)
            : Syscall.restarting(LSETXATTR, path, key, from, value.length);
    check(result, way == Way.AT ? "setxattrat" : "lsetxattr", name, attribute);
  }

  static void remove(DirectoryHandle directory, byte[] name, byte[] attribute)
      throws LinuxException {
    Way way = way(directory);
    Scratch scratch = Scratch.get();
    long path = path(scratch, way, directory, name);
    long key = scratch.secondPath(attribute, "removexattr");
    long result =
        way == Way.AT
            ? Syscall.restarting(
                REMOVEXATTRAT, directory.descriptor(), path, OpenFlags.AT_SYMLINK_NOFOLLOW, key)
            : Syscall.restarting(LREMOVEXATTR, path, key);
    if (!isNone(result)) {
      check(result, way == Way.AT ? "removexattrat" : "lremovexattr", name, attribute);
    }
  }

  static List<byte[]> list(Handle file) throws LinuxException {
    Scratch scratch = Scratch.get();
    long list = scratch.data().address();
    long length =
        file.isForPathOnly()
            ? Syscall.restarting(
                LISTXATTR, scratch.path(file.magicLink(), "listxattr"), list, BYTES_MAX)
            : Syscall.restarting(FLISTXATTR, file.descriptor(), list, BYTES_MAX);
    if (length == 0 || length == -Errno.EOPNOTSUPP) {
      return List.of();
    }
    LinuxException.check(length, "flistxattr", file.shown());
    return names(scratch.data(), length);
  }

  static byte @Nullable [] get(Handle file, byte[] attribute) throws LinuxException {
    Scratch scratch = Scratch.get();
    long key = scratch.secondPath(attribute, "fgetxattr");
    long value = scratch.data().address();
    long length =
        file.isForPathOnly()
            ? Syscall.restarting(
                GETXATTR, scratch.path(file.magicLink(), "getxattr"), key, value, BYTES_MAX)
            : Syscall.restarting(FGETXATTR, file.descriptor(), key, value, BYTES_MAX);
    return isNone(length)
        ? null
        : value(scratch, LinuxException.check(length, "fgetxattr", shown(file, attribute)));
  }

  static void set(Handle file, byte[] attribute, byte[] value) throws LinuxException {
    Scratch scratch = Scratch.get();
    long key = scratch.secondPath(attribute, "fsetxattr");
    long from = put(scratch, value, attribute);
    int length = value.length;
    long result =
        file.isForPathOnly()
            ? Syscall.restarting(
                SETXATTR, scratch.path(file.magicLink(), "setxattr"), key, from, length, 0, 0)
            : Syscall.restarting(FSETXATTR, file.descriptor(), key, from, length, 0, 0);
    LinuxException.check(result, "fsetxattr", shown(file, attribute));
  }

  static void remove(Handle file, byte[] attribute) throws LinuxException {
    Scratch scratch = Scratch.get();
    long key = scratch.secondPath(attribute, "fremovexattr");
    long result =
        file.isForPathOnly()
            ? Syscall.restarting(REMOVEXATTR, scratch.path(file.magicLink(), "removexattr"), key)
            : Syscall.restarting(FREMOVEXATTR, file.descriptor(), key);
    if (!isNone(result)) {
      LinuxException.check(result, "fremovexattr", shown(file, attribute));
    }
  }

  /** The attribute is not there; or the file system has none at all, so it is not there either. */
  private static boolean isNone(long result) {
    return result == -Errno.ENODATA || result == -Errno.EOPNOTSUPP;
  }

  /** {@code struct xattr_args}: the address of the value, its length, no flags. */
  private static long arguments(Scratch scratch, int length) {
    MemorySegment arguments = scratch.structure();
    arguments.set(ValueLayout.JAVA_LONG, 0, scratch.data().address());
    arguments.set(ValueLayout.JAVA_INT, 8, length);
    arguments.set(ValueLayout.JAVA_INT, 12, 0);
    return scratch.structureAddress();
  }

  private static long put(Scratch scratch, byte[] value, byte[] attribute) throws LinuxException {
    MemorySegment data = scratch.data();
    if (value.length > BYTES_MAX) {
      throw new LinuxException("setxattr", Names.display(attribute), Errno.E2BIG);
    }
    MemorySegment.copy(value, 0, data, ValueLayout.JAVA_BYTE, 0, value.length);
    return data.address();
  }

  private static byte[] value(Scratch scratch, long length) {
    byte[] value = new byte[(int) length];
    MemorySegment.copy(scratch.data(), ValueLayout.JAVA_BYTE, 0, value, 0, value.length);
    return value;
  }

  private static List<byte[]> names(MemorySegment list, long length) {
    List<byte[]> names = new ArrayList<>();
    int from = 0;
    for (int at = 0; at < length; at++) {
      if (list.get(ValueLayout.JAVA_BYTE, at) == 0) {
        byte[] name = new byte[at - from];
        MemorySegment.copy(list, ValueLayout.JAVA_BYTE, from, name, 0, name.length);
        names.add(name);
        from = at + 1;
      }
    }
    return names;
  }

  private static void check(long result, String call, byte[] name) throws LinuxException {
    if (result < 0) {
      throw new LinuxException(call, Names.display(name), (int) -result);
    }
  }

  private static long check(long result, String call, byte[] name, byte[] attribute)
      throws LinuxException {
    if (result < 0) {
      throw new LinuxException(
          call, Names.display(name) + " " + Names.display(attribute), (int) -result);
    }
    return result;
  }

  private static String shown(Handle file, byte[] attribute) {
    return file.shown() + " " + Names.display(attribute);
  }
}
