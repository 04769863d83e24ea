package dev.godwit.watch;

import dev.godwit.linux.Errno;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import dev.godwit.linux.Syscall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The few calls on directories that a watch needs. Paths are Latin-1 strings, one char a byte: the
 * smallest map keys that hold every name.
 */
final class Directories {
  /** Every architecture of {@link Syscall} but with its own numbers for these two flags. */
  private static final int O_DIRECTORY = (int) Syscall.number(0x10000, 0x4000);

  private static final int O_NOFOLLOW = (int) Syscall.number(0x20000, 0x8000);
  private static final int O_CLOEXEC = 0x80000;
  private static final int O_NONBLOCK = 0x800;
  static final int O_PATH = 0x200000 | O_CLOEXEC;
  private static final int AT_FDCWD = -100;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int HANDLE_TRIES = 50;
  private static final long HANDLE_PAUSE_NANOS = 200_000;
  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final long STATX_ATTR_MOUNT_ROOT = 0x2000;
  private static final int RESOLVE_NO_XDEV = 0x1;
  private static final int RESOLVE_NO_MAGICLINKS = 0x2;
  private static final int RESOLVE_NO_SYMLINKS = 0x4;
  private static final int RESOLVE_BENEATH = 0x8;
  private static final int DT_UNKNOWN = 0;
  private static final int DT_DIR = 4;
  private static final int PATH_MAX = 4096;

  private static final long OPENAT = Syscall.number(257, 56);
  private static final long OPENAT2 = Syscall.number(437, 437);
  private static final long CLOSE = Syscall.number(3, 57);
  private static final long READLINKAT = Syscall.number(267, 78);
  private static final long GETDENTS64 = Syscall.number(217, 61);
  private static final long STATX = Syscall.number(332, 291);

  /**
   * File systems with changes that this kernel does not see. The numbers of those that come with
   * the kernel are in linux/magic.h or their sources (vboxsf: fs/vboxsf/super.c, orangefs:
   * fs/orangefs/protocol.h); the others' are as stat(1) of GNU coreutils has them, in whose table
   * they are remote (there beegfs is fhgfs).
   */
  private static final Map<Long, String> UNRELIABLE =
      Map.ofEntries(
          Map.entry(0x6969L, "nfs"),
          Map.entry(0x517BL, "smb"),
          Map.entry(0xFE53_4D42L, "smb2"),
          Map.entry(0xFF53_4D42L, "cifs"),
          Map.entry(0x6573_5546L, "fuse"),
          Map.entry(0x0102_1997L, "9p"),
          Map.entry(0x00C3_6400L, "ceph"),
          Map.entry(0x5346_414FL, "afs"),
          Map.entry(0x6B41_4653L, "afs"),
          Map.entry(0x0BD0_0BD0L, "lustre"),
          Map.entry(0x0116_1970L, "gfs2"),
          Map.entry(0x7461_636FL, "ocfs2"),
          Map.entry(0x7375_7245L, "coda"),
          Map.entry(0x2003_0528L, "orangefs"),
          Map.entry(0x786F_4256L, "vboxsf"),
          Map.entry(0xBACB_ACBCL, "vmhgfs"),
          Map.entry(0x7C7C_6673L, "prl_fs"),
          Map.entry(0x4750_4653L, "gpfs"),
          Map.entry(0x1983_0326L, "beegfs"),
          Map.entry(0xAAD7_AAEAL, "panfs"),
          Map.entry(0xBEEF_DEADL, "snfs"));

  /**
   * What identifies an inode while somebody holds it open.
   *
   * @param isMountRoot whether something is mounted there; null when the kernel does not say
   *     (before 5.8)
   */
  record Inode(long device, long number, int links, @Nullable Boolean isMountRoot) {
    boolean isSame(Inode other) {
      return device == other.device && number == other.number;
    }
  }

  private Directories() {}

  /** Opens the root by the path that the user gave; symbolic links in it are followed. */
  static int openRoot(byte[] path) {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          Syscall.call(
              OPENAT, AT_FDCWD, text(arena, path), O_DIRECTORY | O_CLOEXEC | O_NONBLOCK, 0);
    }
  }

  /**
   * Opens what a handle of the root's file system stands for, to look at it. While an inode is
   * being made whose number is that of one that went, ext4 answers ENOMEM instead of ESTALE
   * (iget_locked gives up on I_CREATING): it is asked again until that is over.
   *
   * @return a descriptor, or {@code -errno}; see {@link #isGone}
   */
  static int openHandle(InodeHandle handle, Root root) {
    int fd = handle.open(root.fd(), O_PATH);
    for (int tries = 0; fd == -Errno.ENOMEM && tries < HANDLE_TRIES; tries++) {
      LockSupport.parkNanos(HANDLE_PAUSE_NANOS);
      fd = handle.open(root.fd(), O_PATH);
    }
    return fd;
  }

  /** Whether {@link #openHandle} has found that the inode is no more. */
  static boolean isGone(int fd) {
    return fd == -Errno.ESTALE || fd == -Errno.ENOENT;
  }

  /** Opens the parent of an open directory. */
  static int openParent(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          Syscall.call(
              OPENAT, fd, arena.allocateFrom("..").address(), O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    }
  }

  /**
   * Opens a directory below the root: no symbolic link is followed and no mount is crossed.
   *
   * @return a descriptor or {@code -errno}
   */
  static int openBelow(int rootFd, String path) {
    return openBelow(rootFd, path, RESOLVE_NO_XDEV);
  }

  /** As {@link #openBelow}, into what is mounted there. */
  static int openMounted(int rootFd, String path) {
    return openBelow(rootFd, path, 0);
  }

  private static int openBelow(int rootFd, String path, int resolve) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(24, 8);
      how.set(ValueLayout.JAVA_LONG, 0, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
      how.set(
          ValueLayout.JAVA_LONG,
          16,
          RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | resolve);
      long address = text(arena, PathText.bytes(path.isEmpty() ? "." : path));
      long result;
      int tries = 0;
      do {
        result = Syscall.call(OPENAT2, rootFd, address, how.address(), 24);
        // EAGAIN: a rename elsewhere raced with RESOLVE_BENEATH.
      } while (result == -Errno.EAGAIN && ++tries < 64);
      return (int) result;
    }
  }

  static void close(int fd) {
    Syscall.call(CLOSE, fd);
  }

  /**
   * Where an open directory is now, as the kernel names it.
   *
   * @return null when the path is too long for the kernel to say
   */
  static @Nullable String path(int fd) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(PATH_MAX + 1L);
      long length =
          Syscall.call(
              READLINKAT,
              AT_FDCWD,
              arena.allocateFrom("/proc/self/fd/" + fd).address(),
              buffer.address(),
              buffer.byteSize());
      if (length == -Errno.ENAMETOOLONG) {
        return null;
      }
      LinuxException.check(length, "readlink", "/proc/self/fd");
      byte[] path = new byte[(int) length];
      MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, path, 0, path.length);
      return PathText.of(path);
    }
  }

  static Inode inode(int fd) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stat = arena.allocate(256, 8);
      LinuxException.check(
          Syscall.call(
              STATX,
              fd,
              arena.allocateFrom("").address(),
              AT_EMPTY_PATH,
              STATX_BASIC_STATS,
              stat.address(),
              0),
          "statx",
          "");
      long told = stat.get(ValueLayout.JAVA_LONG, 56);
      return new Inode(
          (long) stat.get(ValueLayout.JAVA_INT, 136) << 32
              | stat.get(ValueLayout.JAVA_INT, 140) & 0xffff_ffffL,
          stat.get(ValueLayout.JAVA_LONG, 32),
          stat.get(ValueLayout.JAVA_INT, 16),
          (told & STATX_ATTR_MOUNT_ROOT) == 0
              ? null
              : (stat.get(ValueLayout.JAVA_LONG, 8) & STATX_ATTR_MOUNT_ROOT) != 0);
    }
  }

  /**
   * The type of a file system that other machines change without this kernel knowing (H25). An
   * overlay is none: nobody may write to its layers while it is mounted (overlayfs.rst).
   *
   * @return null for all others
   */
  static @Nullable String unreliable(int fd) throws LinuxException {
    return unreliableType(FileSystemStatus.of(fd).type());
  }

  /**
   * The same by the number of the type.
   *
   * @param type as statfs(2) gives it: of some machines with the sign of its 32 bits
   */
  static @Nullable String unreliableType(long type) {
    return UNRELIABLE.get(type & 0xffff_ffffL);
  }

  /** The names of the directories in a directory, read from its start. */
  static List<String> directoriesIn(int fd) throws LinuxException {
    List<String> names = new ArrayList<>();
    list(
        fd,
        (name, type) -> {
          if (type == DT_DIR || type == DT_UNKNOWN) {
            names.add(name);
          }
          return true;
        });
    return names;
  }

  /** Whether a directory holds no name at all. */
  static boolean isEmpty(int fd) throws LinuxException {
    boolean[] found = new boolean[1];
    list(
        fd,
        (name, type) -> {
          found[0] = true;
          return false;
        });
    return !found[0];
  }

  private interface Entries {
    boolean entry(String name, int type);
  }

  private static void list(int directory, Entries entries) throws LinuxException {
    // A descriptor of its own, because the place in the listing belongs to the open file.
    int fd = (int) LinuxException.check(openBelow(directory, ""), "openat2", "directory");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(32 * 1024, 8);
      while (true) {
        long length =
            LinuxException.check(
                Syscall.call(GETDENTS64, fd, buffer.address(), buffer.byteSize()),
                "getdents64",
                "directory");
        if (length == 0) {
          return;
        }
        for (long at = 0; at < length; ) {
          int size = buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
          int type = buffer.get(ValueLayout.JAVA_BYTE, at + 18);
          String name = buffer.getString(at + 19, StandardCharsets.ISO_8859_1);
          if (!name.equals(".") && !name.equals("..") && !entries.entry(name, type)) {
            return;
          }
          at += size;
        }
      }
    } finally {
      close(fd);
    }
  }

  private static long text(Arena arena, byte[] bytes) {
    MemorySegment text = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, text, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return text.address();
  }
}
