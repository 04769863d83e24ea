package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open directory and what can be done with the names in it.
 *
 * <p>Only {@link #beneath} takes a path of several components, and the kernel keeps it below this
 * directory and refuses every symbolic link on the way; every other method takes one name and never
 * follows it (H1).
 */
public final class DirectoryHandle extends Handle {
  private static final long OPENAT = Syscall.number(257, 56);
  private static final long OPENAT2 = 437;
  private static final long STATX = Syscall.number(332, 291);
  private static final long GETDENTS64 = Syscall.number(217, 61);
  private static final long LSEEK = Syscall.number(8, 62);
  private static final long READLINKAT = Syscall.number(267, 78);
  private static final long MKDIRAT = Syscall.number(258, 34);
  private static final long MKNODAT = Syscall.number(259, 33);
  private static final long SYMLINKAT = Syscall.number(266, 36);
  private static final long LINKAT = Syscall.number(265, 37);
  private static final long UNLINKAT = Syscall.number(263, 35);
  private static final long RENAMEAT2 = Syscall.number(316, 276);
  private static final long FCHOWNAT = Syscall.number(260, 54);
  private static final long UTIMENSAT = Syscall.number(280, 88);

  private static final int OPENAT2_TRIES = 64;
  private static final int RENAME_EXCHANGE = 2;

  private static final long OPEN_DIRECTORY =
      OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC;

  private static volatile boolean hasOpenat2 = true;

  private DirectoryHandle(int descriptor, String shown) {
    super(descriptor, shown);
  }

  /**
   * Opens a directory by the path that a person gave; symbolic links on the way are followed, as
   * that person expects.
   */
  public static DirectoryHandle open(byte[] path) throws LinuxException {
    String shown = Names.display(path);
    long fd =
        Syscall.call(
            OPENAT, OpenFlags.AT_FDCWD, Scratch.get().path(path, "openat"), OPEN_DIRECTORY, 0);
    return new DirectoryHandle((int) LinuxException.check(fd, "openat", shown), shown);
  }

  /** mkdir(2) of a path that a person gave. */
  public static void create(byte[] path, int permissions) throws LinuxException {
    LinuxException.check(
        Syscall.call(MKDIRAT, OpenFlags.AT_FDCWD, Scratch.get().path(path, "mkdir"), permissions),
        "mkdir",
        Names.display(path));
  }

  /**
   * Opens a directory below this one.
   *
   * @param path names with '/' between; empty means this directory
   * @throws LinuxException ELOOP or ENOTDIR when a component is a symbolic link or no directory,
   *     EXDEV when the path would leave this directory
   */
  public DirectoryHandle beneath(byte[] path) throws LinuxException {
    return beneath(path, true);
  }

  /**
   * As {@link #beneath}, without going into anything that is mounted below this directory
   * (RESOLVE_NO_XDEV): the path then means what this file system itself has there.
   *
   * @throws LinuxException also EXDEV when there is a mount on the way or at its end
   */
  public DirectoryHandle beneathOnSameMount(byte[] path) throws LinuxException {
    return beneath(path, false);
  }

  private DirectoryHandle beneath(byte[] path, boolean acrossMounts) throws LinuxException {
    if (path.length < Scratch.PATH_BYTES - 1) {
      return hop(path, acrossMounts);
    }
    // Longer than the kernel takes in one call: in several hops, each one below the last.
    DirectoryHandle at = this;
    int from = 0;
    while (from < path.length) {
      int to = Math.min(path.length, from + Scratch.PATH_BYTES - 2);
      if (to < path.length) {
        while (to > from && path[to] != '/') {
          to--;
        }
      }
      try {
        DirectoryHandle next = at.hop(Arrays.copyOfRange(path, from, to), acrossMounts);
        if (at != this) {
          at.close();
        }
        at = next;
      } catch (LinuxException e) {
        if (at != this) {
          at.close();
        }
        throw e;
      }
      from = to + 1;
    }
    return at;
  }

  private DirectoryHandle hop(byte[] path, boolean acrossMounts) throws LinuxException {
    byte[] relative = path.length == 0 ? new byte[] {'.'} : path;
    if (hasOpenat2) {
      for (int i = 0; i < OPENAT2_TRIES; i++) {
        long fd = openat2(relative, acrossMounts);
        if (fd == -Errno.EAGAIN) {
          continue; // something was renamed meanwhile and the kernel could not be sure
        }
        if (fd == -Errno.ENOSYS) {
          hasOpenat2 = false;
          return walk(path, acrossMounts);
        }
        String shown = Names.display(path);
        return new DirectoryHandle((int) LinuxException.check(fd, "openat2", shown), shown);
      }
      throw new LinuxException("openat2", Names.display(path), Errno.EAGAIN);
    }
    return walk(path, acrossMounts);
  }

  private long openat2(byte[] relative, boolean acrossMounts) throws LinuxException {
    Scratch scratch = Scratch.get();
    MemorySegment how = scratch.structure();
    how.set(ValueLayout.JAVA_LONG, 0, OPEN_DIRECTORY);
    how.set(ValueLayout.JAVA_LONG, 8, 0);
    how.set(
        ValueLayout.JAVA_LONG,
        16,
        OpenFlags.RESOLVE_BENEATH
            | OpenFlags.RESOLVE_NO_SYMLINKS
            | OpenFlags.RESOLVE_NO_MAGICLINKS
            | (acrossMounts ? 0 : OpenFlags.RESOLVE_NO_XDEV));
    return Syscall.call(
        OPENAT2, descriptor(), scratch.path(relative, "openat2"), scratch.structureAddress(), 24);
  }

  /** For kernels before 5.6: one component after the other, none of them through a link. */
  private DirectoryHandle walk(byte[] path, boolean acrossMounts) throws LinuxException {
    DirectoryHandle at = this.component(new byte[] {'.'});
    int from = 0;
    while (from < path.length) {
      int to = from;
      while (to < path.length && path[to] != '/') {
        to++;
      }
      try (DirectoryHandle last = at) {
        if (!Names.isComponent(path, from, to)) {
          throw new LinuxException("openat", Names.display(path), Errno.EXDEV);
        }
        at = last.component(Arrays.copyOfRange(path, from, to));
        // These kernels do not tell the mount; the device is the nearest thing.
        if (!acrossMounts && at.status().device() != last.status().device()) {
          at.close();
          throw new LinuxException("openat", Names.display(path), Errno.EXDEV);
        }
      }
      from = to + 1;
    }
    return at;
  }

  private DirectoryHandle component(byte[] name) throws LinuxException {
    String shown = Names.display(name);
    long fd =
        Syscall.call(
            OPENAT,
            descriptor(),
            Scratch.get().path(name, "openat"),
            OPEN_DIRECTORY | OpenFlags.O_NOFOLLOW,
            0);
    return new DirectoryHandle((int) LinuxException.check(fd, "openat", shown), shown);
  }

  /** The status of a name, of the link itself if it is one; null when there is no such name. */
  public @Nullable FileStatus status(byte[] name) throws LinuxException {
    Scratch scratch = Scratch.get();
    long result =
        Syscall.call(
            STATX,
            descriptor(),
            scratch.path(name, "statx"),
            OpenFlags.AT_SYMLINK_NOFOLLOW,
            FileStatus.MASK,
            scratch.statusAddress(),
            0);
    if (result == -Errno.ENOENT) {
      return null;
    }
    check(result, "statx", name);
    return FileStatus.read(scratch.status());
  }

  /** Starts {@link #nextEntries} from the beginning. */
  public void rewind() throws LinuxException {
    LinuxException.check(Syscall.call(LSEEK, descriptor(), 0, 0), "lseek", shown());
  }

  /**
   * The next few hundred names, without "." and ".."; null at the end. An error means that the
   * listing is not complete, and nothing may be concluded from a name's absence (H28).
   */
  public @Nullable List<DirectoryEntry> nextEntries() throws LinuxException {
    MemorySegment buffer = Scratch.get().entries();
    while (true) {
      long count = Syscall.call(GETDENTS64, descriptor(), buffer.address(), buffer.byteSize());
      LinuxException.check(count, "getdents64", shown());
      if (count == 0) {
        return null;
      }
      List<DirectoryEntry> entries = new ArrayList<>();
      long at = 0;
      while (at < count) {
        int length = buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
        DirectoryEntry entry = entry(buffer, at, length);
        if (entry != null) {
          entries.add(entry);
        }
        at += length;
      }
      if (!entries.isEmpty()) {
        return entries;
      }
    }
  }

  private static @Nullable DirectoryEntry entry(MemorySegment buffer, long at, int length) {
    int nameLength = 0;
    while (19 + nameLength < length
        && buffer.get(ValueLayout.JAVA_BYTE, at + 19 + nameLength) != 0) {
      nameLength++;
    }
    byte[] name = new byte[nameLength];
    MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, at + 19, name, 0, nameLength);
    if (!Names.isComponent(name)) {
      return null; // "." and ".."
    }
    return new DirectoryEntry(
        name,
        buffer.get(ValueLayout.JAVA_LONG_UNALIGNED, at),
        buffer.get(ValueLayout.JAVA_BYTE, at + 18));
  }

  /** Every name at once; for directories that are known to be small. */
  public List<DirectoryEntry> entries() throws LinuxException {
    rewind();
    List<DirectoryEntry> all = new ArrayList<>();
    for (List<DirectoryEntry> some = nextEntries(); some != null; some = nextEntries()) {
      all.addAll(some);
    }
    return all;
  }

  /** Opens what the name stands for without acting on it (O_PATH): safe for fifos and devices. */
  public FileHandle openPath(byte[] name) throws LinuxException {
    return openFile(name, OpenFlags.O_PATH, 0);
  }

  /** Creates a regular file that did not exist and opens it for writing. */
  public FileHandle createFile(byte[] name, int permissions) throws LinuxException {
    return openFile(name, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, permissions);
  }

  private FileHandle openFile(byte[] name, long flags, int permissions) throws LinuxException {
    long fd =
        Syscall.call(
            OPENAT,
            descriptor(),
            Scratch.get().path(name, "openat"),
            flags | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC,
            permissions);
    if (fd < 0) {
      check(fd, "openat", name);
    }
    return new FileHandle((int) fd, Names.display(name));
  }

  /** The text of a symbolic link. */
  public byte[] readLink(byte[] name) throws LinuxException {
    Scratch scratch = Scratch.get();
    MemorySegment data = scratch.data();
    long count =
        Syscall.call(
            READLINKAT,
            descriptor(),
            scratch.path(name, "readlinkat"),
            data.address(),
            Scratch.PATH_BYTES);
    check(count, "readlinkat", name);
    byte[] text = new byte[(int) count];
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, text, 0, text.length);
    return text;
  }

  public void makeDirectory(byte[] name, int permissions) throws LinuxException {
    check(
        Syscall.call(MKDIRAT, descriptor(), Scratch.get().path(name, "mkdirat"), permissions),
        "mkdirat",
        name);
  }

  public void makeFifo(byte[] name, int permissions) throws LinuxException {
    check(
        Syscall.call(
            MKNODAT, descriptor(), Scratch.get().path(name, "mknodat"), 0010000 | permissions, 0),
        "mknodat",
        name);
  }

  public void makeSymbolicLink(byte[] name, byte[] text) throws LinuxException {
    Scratch scratch = Scratch.get();
    check(
        Syscall.call(
            SYMLINKAT,
            scratch.path(text, "symlinkat"),
            descriptor(),
            scratch.secondPath(name, "symlinkat")),
        "symlinkat",
        name);
  }

  /** Makes {@code name} here a further hard link to a name in another directory. */
  public void makeHardLink(byte[] name, DirectoryHandle from, byte[] existing)
      throws LinuxException {
    Scratch scratch = Scratch.get();
    check(
        Syscall.call(
            LINKAT,
            from.descriptor(),
            scratch.path(existing, "linkat"),
            descriptor(),
            scratch.secondPath(name, "linkat"),
            0,
            0),
        "linkat",
        name);
  }

  /** Removes a name that is no directory. */
  public void remove(byte[] name) throws LinuxException {
    check(
        Syscall.call(UNLINKAT, descriptor(), Scratch.get().path(name, "unlinkat"), 0),
        "unlinkat",
        name);
  }

  /** Removes an empty directory; nothing here ever removes a full one (H35). */
  public void removeDirectory(byte[] name) throws LinuxException {
    check(
        Syscall.call(
            UNLINKAT, descriptor(), Scratch.get().path(name, "unlinkat"), OpenFlags.AT_REMOVEDIR),
        "unlinkat",
        name);
  }

  /** Renames within this directory; what stood at {@code to} is replaced in the same instant. */
  public void rename(byte[] from, byte[] to) throws LinuxException {
    rename(from, this, to, 0);
  }

  public void renameInto(byte[] from, DirectoryHandle target, byte[] to) throws LinuxException {
    rename(from, target, to, 0);
  }

  /** Exchanges two names that both exist, in one instant (RENAME_EXCHANGE). */
  public void exchange(byte[] one, byte[] other) throws LinuxException {
    rename(one, this, other, RENAME_EXCHANGE);
  }

  private void rename(byte[] from, DirectoryHandle target, byte[] to, int flags)
      throws LinuxException {
    Scratch scratch = Scratch.get();
    check(
        Syscall.call(
            RENAMEAT2,
            descriptor(),
            scratch.path(from, "renameat2"),
            target.descriptor(),
            scratch.secondPath(to, "renameat2"),
            flags,
            0),
        "renameat2",
        to);
  }

  /** Owner of the name itself; a symbolic link is not followed. */
  public void setOwner(byte[] name, int uid, int gid) throws LinuxException {
    check(
        Syscall.call(
            FCHOWNAT,
            descriptor(),
            Scratch.get().path(name, "fchownat"),
            uid & 0xffffffffL,
            gid & 0xffffffffL,
            OpenFlags.AT_SYMLINK_NOFOLLOW,
            0),
        "fchownat",
        name);
  }

  /** Time of modification of the name itself; a symbolic link is not followed. */
  public void setModified(byte[] name, long seconds, int nanos) throws LinuxException {
    Scratch scratch = Scratch.get();
    long times = modified(scratch, seconds, nanos);
    check(
        Syscall.call(
            UTIMENSAT,
            descriptor(),
            scratch.path(name, "utimensat"),
            times,
            OpenFlags.AT_SYMLINK_NOFOLLOW),
        "utimensat",
        name);
  }

  private static void check(long result, String call, byte[] name) throws LinuxException {
    if (result < 0) {
      throw new LinuxException(call, Names.display(name), (int) -result);
    }
  }
}
