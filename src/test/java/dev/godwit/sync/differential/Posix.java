package dev.godwit.sync.differential;

import dev.godwit.linux.Errno;
import dev.godwit.linux.Syscall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The system calls that the test needs. Paths are strings in which each char is one byte, so that
 * every name can be carried and strings sort as bytes do. Links are never followed.
 */
final class Posix {
  static final int S_IFMT = 0170000;
  static final int S_IFREG = 0100000;
  static final int S_IFDIR = 0040000;
  static final int S_IFLNK = 0120000;
  static final int S_IFCHR = 0020000;
  static final int S_IFBLK = 0060000;
  static final int S_IFIFO = 0010000;
  static final int S_IFSOCK = 0140000;

  private static final long OPENAT = Syscall.number(257, 56);
  private static final long CLOSE = Syscall.number(3, 57);
  private static final long READ = Syscall.number(0, 63);
  private static final long PWRITE = Syscall.number(18, 68);
  private static final long FTRUNCATE = Syscall.number(77, 46);
  private static final long MKDIRAT = Syscall.number(258, 34);
  private static final long MKNODAT = Syscall.number(259, 33);
  private static final long SYMLINKAT = Syscall.number(266, 36);
  private static final long LINKAT = Syscall.number(265, 37);
  private static final long UNLINKAT = Syscall.number(263, 35);
  private static final long FCHMODAT = Syscall.number(268, 53);
  private static final long FCHOWNAT = Syscall.number(260, 54);
  private static final long UTIMENSAT = Syscall.number(280, 88);
  private static final long STATX = Syscall.number(332, 291);
  private static final long READLINKAT = Syscall.number(267, 78);
  private static final long GETDENTS64 = Syscall.number(217, 61);
  private static final long LSETXATTR = Syscall.number(189, 6);
  private static final long LGETXATTR = Syscall.number(192, 9);
  private static final long LLISTXATTR = Syscall.number(195, 12);
  private static final long UMASK = Syscall.number(95, 166);
  private static final long CHDIR = Syscall.number(80, 49);
  private static final long UNSHARE = Syscall.number(272, 97);
  private static final long MOUNT = Syscall.number(165, 40);
  private static final long UMOUNT2 = Syscall.number(166, 39);
  private static final long SETRESUID = Syscall.number(117, 147);
  private static final long SETRESGID = Syscall.number(119, 149);
  private static final long SETGROUPS = Syscall.number(116, 159);
  private static final long PRCTL = Syscall.number(157, 167);

  private static final long AT_FDCWD = -100;
  private static final long NO_FOLLOW = 0x100;
  private static final long O_WRONLY_CREAT_EXCL = 1 | 0100 | 0200;
  private static final long O_NOATIME = 01000000;
  private static final long O_DIRECTORY = 0200000;
  private static final long O_CLOEXEC = 02000000;
  private static final long CLONE_FS = 0x200;
  private static final long CLONE_NEWNS = 0x20000;
  private static final long MS_NOSUID_NODEV = 2 | 4;
  private static final long MS_REC_PRIVATE = 0x4000 | 0x40000;
  private static final long MNT_DETACH = 2;
  private static final int PAGE = 4096;
  private static final int DATA = 1 << 20;

  private static final ThreadLocal<Posix> OF_THREAD = ThreadLocal.withInitial(Posix::new);

  private final Arena arena = Arena.ofAuto();
  private final MemorySegment first = arena.allocate(8192, 8);
  private final MemorySegment second = arena.allocate(8192, 8);
  private final MemorySegment small = arena.allocate(512, 8);
  private final MemorySegment data = arena.allocate(DATA, 4096);

  private Posix() {}

  /** A call failed that must not: the harness is wrong, or the machine. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int errno;

    Failure(String call, String path, int errno) {
      super(call + " " + Shell.word(path) + ": " + Errno.message(errno));
      this.errno = errno;
    }

    int errno() {
      return errno;
    }
  }

  /**
   * What statx(2) tells.
   *
   * @param device of the file system
   * @param rdev major and minor number of a device, as "1:3"
   * @param blocks of 512 bytes
   */
  record Status(
      int mode,
      int uid,
      int gid,
      long size,
      int links,
      long inode,
      String device,
      String rdev,
      long blocks,
      Time atime,
      Time mtime) {
    int type() {
      return mode & S_IFMT;
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static Status status(String path) {
    Posix p = OF_THREAD.get();
    check(
        Syscall.call(STATX, AT_FDCWD, put(p.first, path), NO_FOLLOW, 0x7ff, p.small.address(), 0),
        "statx",
        path);
    MemorySegment s = p.small;
    ValueLayout.OfInt i = ValueLayout.JAVA_INT;
    ValueLayout.OfLong l = ValueLayout.JAVA_LONG;
    return new Status(
        s.get(ValueLayout.JAVA_SHORT, 28) & 0xffff,
        s.get(i, 20),
        s.get(i, 24),
        s.get(l, 40),
        s.get(i, 16),
        s.get(l, 32),
        s.get(i, 136) + ":" + s.get(i, 140),
        s.get(i, 128) + ":" + s.get(i, 132),
        s.get(l, 48),
        new Time(s.get(l, 64), s.get(i, 72)),
        new Time(s.get(l, 112), s.get(i, 120)));
  }

  static boolean exists(String path) {
    Posix p = OF_THREAD.get();
    return Syscall.call(STATX, AT_FDCWD, put(p.first, path), NO_FOLLOW, 0x7ff, p.small.address(), 0)
        == 0;
  }

  /** The names in a directory, sorted as bytes, without "." and "..". */
  static List<String> names(String directory) {
    Posix p = OF_THREAD.get();
    long fd = open(p, directory, O_DIRECTORY | O_NOATIME | O_CLOEXEC);
    List<String> names = new ArrayList<>();
    while (true) {
      long count =
          check(Syscall.call(GETDENTS64, fd, p.data.address(), DATA), "readdir", directory);
      if (count == 0) {
        break;
      }
      for (long at = 0; at < count; ) {
        String name = p.data.getString(at + 19, StandardCharsets.ISO_8859_1);
        if (!name.equals(".") && !name.equals("..")) {
          names.add(name);
        }
        at += p.data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
      }
    }
    close(fd, directory);
    names.sort(null);
    return names;
  }

  /** The whole content; the time of access is left as it is. */
  static byte[] read(String path) {
    Posix p = OF_THREAD.get();
    long fd = open(p, path, O_NOATIME | O_CLOEXEC);
    byte[] all = new byte[0];
    while (true) {
      int count = (int) check(Syscall.call(READ, fd, p.data.address(), DATA), "read", path);
      if (count == 0) {
        break;
      }
      byte[] longer = Arrays.copyOf(all, all.length + count);
      MemorySegment.copy(p.data, ValueLayout.JAVA_BYTE, 0, longer, all.length, count);
      all = longer;
    }
    close(fd, path);
    return all;
  }

  /**
   * Makes a file.
   *
   * @param sparse whether pages of zeros become holes
   */
  static void write(String path, byte[] content, boolean sparse) {
    Posix p = OF_THREAD.get();
    long fd =
        check(
            Syscall.call(
                OPENAT, AT_FDCWD, put(p.first, path), O_WRONLY_CREAT_EXCL | O_CLOEXEC, 0600),
            "open",
            path);
    int step = sparse ? PAGE : DATA;
    for (int at = 0; at < content.length; at += step) {
      int length = Math.min(step, content.length - at);
      if (sparse && isZero(content, at, length)) {
        continue;
      }
      MemorySegment.copy(content, at, p.data, ValueLayout.JAVA_BYTE, 0, length);
      check(Syscall.call(PWRITE, fd, p.data.address(), length, at), "write", path);
    }
    check(Syscall.call(FTRUNCATE, fd, content.length), "ftruncate", path);
    close(fd, path);
  }

  private static boolean isZero(byte[] content, int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (content[i] != 0) {
        return false;
      }
    }
    return true;
  }

  static void makeDirectory(String path) {
    check(Syscall.call(MKDIRAT, AT_FDCWD, put(OF_THREAD.get().first, path), 0700), "mkdir", path);
  }

  /** A fifo, socket or device; {@code type} is its S_IF constant. */
  static void makeNode(String path, int type, int major, int minor) {
    long device = minor & 0xff | (long) major << 8 | (minor & ~0xffL) << 12;
    check(
        Syscall.call(MKNODAT, AT_FDCWD, put(OF_THREAD.get().first, path), type | 0600, device),
        "mknod",
        path);
  }

  static void makeLink(String path, String text) {
    Posix p = OF_THREAD.get();
    check(
        Syscall.call(SYMLINKAT, put(p.first, text), AT_FDCWD, put(p.second, path)),
        "symlink",
        path);
  }

  static void hardLink(String from, String to) {
    Posix p = OF_THREAD.get();
    check(
        Syscall.call(LINKAT, AT_FDCWD, put(p.first, from), AT_FDCWD, put(p.second, to), 0, 0),
        "link",
        to);
  }

  static void remove(String path, boolean directory) {
    check(
        Syscall.call(UNLINKAT, AT_FDCWD, put(OF_THREAD.get().first, path), directory ? 0x200 : 0),
        "unlink",
        path);
  }

  /** Not for links. */
  static void setMode(String path, int mode) {
    check(Syscall.call(FCHMODAT, AT_FDCWD, put(OF_THREAD.get().first, path), mode), "chmod", path);
  }

  static void setOwner(String path, int uid, int gid) {
    check(
        Syscall.call(FCHOWNAT, AT_FDCWD, put(OF_THREAD.get().first, path), uid, gid, NO_FOLLOW, 0),
        "chown",
        path);
  }

  static void setTimes(String path, Time atime, Time mtime) {
    Posix p = OF_THREAD.get();
    p.small.set(ValueLayout.JAVA_LONG, 0, atime.seconds());
    p.small.set(ValueLayout.JAVA_LONG, 8, atime.nanos());
    p.small.set(ValueLayout.JAVA_LONG, 16, mtime.seconds());
    p.small.set(ValueLayout.JAVA_LONG, 24, mtime.nanos());
    check(
        Syscall.call(UTIMENSAT, AT_FDCWD, put(p.first, path), p.small.address(), NO_FOLLOW),
        "utimensat",
        path);
  }

  static String readLink(String path) {
    Posix p = OF_THREAD.get();
    long count =
        check(
            Syscall.call(READLINKAT, AT_FDCWD, put(p.first, path), p.data.address(), 8192),
            "readlink",
            path);
    return text(p.data.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
  }

  static void setAttribute(String path, String name, byte[] value) {
    Posix p = OF_THREAD.get();
    MemorySegment.copy(value, 0, p.data, ValueLayout.JAVA_BYTE, 0, value.length);
    check(
        Syscall.call(
            LSETXATTR,
            put(p.first, path),
            put(p.second, name),
            p.data.address(),
            value.length,
            0,
            0),
        "setxattr " + name,
        path);
  }

  /** The names of all extended attributes, sorted. */
  static List<String> attributes(String path) {
    Posix p = OF_THREAD.get();
    long count =
        check(
            Syscall.call(LLISTXATTR, put(p.first, path), p.data.address(), DATA),
            "listxattr",
            path);
    List<String> names = new ArrayList<>();
    for (long at = 0; at < count; ) {
      String name = p.data.getString(at, StandardCharsets.ISO_8859_1);
      names.add(name);
      at += name.length() + 1;
    }
    names.sort(null);
    return names;
  }

  static byte[] attribute(String path, String name) {
    Posix p = OF_THREAD.get();
    long count =
        check(
            Syscall.call(
                LGETXATTR, put(p.first, path), put(p.second, name), p.data.address(), DATA),
            "getxattr " + name,
            path);
    return p.data.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
  }

  // What belongs to a thread.

  /**
   * Gives the calling thread, and what it starts, a view of mounts, a working directory and a umask
   * of its own. Needs root.
   */
  static void leaveFileSystemView() {
    check(Syscall.call(UNSHARE, CLONE_NEWNS | CLONE_FS), "unshare", "");
    Posix p = OF_THREAD.get();
    check(
        Syscall.call(MOUNT, put(p.first, "none"), put(p.second, "/"), 0, MS_REC_PRIVATE, 0, 0),
        "mount",
        "/");
  }

  /** An empty file system in memory, on which devices cannot be opened. */
  static void mountMemory(String directory) {
    Posix p = OF_THREAD.get();
    long type = put(p.second, "tmpfs");
    check(
        Syscall.call(MOUNT, type, put(p.first, directory), type, MS_NOSUID_NODEV, 0, 0),
        "mount",
        directory);
  }

  static void unmount(String directory) {
    check(
        Syscall.call(UMOUNT2, put(OF_THREAD.get().first, directory), MNT_DETACH),
        "umount",
        directory);
  }

  static void setUmask(int umask) {
    var before = Syscall.call(UMASK, umask);
    assert before >= 0;
  }

  static void setWorkingDirectory(String path) {
    check(Syscall.call(CHDIR, put(OF_THREAD.get().first, path)), "chdir", path);
  }

  /**
   * The calling thread, and what it starts, becomes another user without groups; there is no way
   * back, so the thread has to end.
   */
  static void becomeUser(int id) {
    check(Syscall.call(SETGROUPS, 0, 0), "setgroups", "");
    check(Syscall.call(SETRESGID, id, id, id), "setresgid", "" + id);
    check(Syscall.call(SETRESUID, id, id, id), "setresuid", "" + id);
    // The kernel takes /proc/self away from a process whose user changes; this process has not.
    check(Syscall.call(PRCTL, 4, 1), "prctl", "");
  }

  private static long open(Posix p, String path, long flags) {
    long fd = Syscall.call(OPENAT, AT_FDCWD, put(p.first, path), flags, 0);
    if (fd == -Errno.EPERM) {
      // Another user's file.
      fd = Syscall.call(OPENAT, AT_FDCWD, put(p.first, path), flags & ~O_NOATIME, 0);
    }
    return check(fd, "open", path);
  }

  private static void close(long fd, String path) {
    check(Syscall.call(CLOSE, fd), "close", path);
  }

  private static long put(MemorySegment where, String text) {
    where.setString(0, text, StandardCharsets.ISO_8859_1);
    return where.address();
  }

  private static long check(long result, String call, String path) {
    if (result < 0) {
      throw new Failure(call, path, (int) -result);
    }
    return result;
  }
}
