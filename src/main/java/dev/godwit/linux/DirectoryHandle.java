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
  private static final long FCHMODAT2 = 452;
  private static final long UTIMENSAT = Syscall.number(280, 88);

  /** Where the name begins in struct linux_dirent64. */
  private static final int ENTRY_NAME = 19;

  private static final int OPENAT2_TRIES = 64;
  private static final int RENAME_NOREPLACE = 1;
  private static final int RENAME_EXCHANGE = 2;
  private static final int S_IFIFO = 0010000;

  /** What EXDEV says of a path that was to stay below a directory (openat2(2)). */
  private static final String LEADS_OUT =
      "it leads out of the tree, or into a file system that is no part of it";

  private static final long OPEN_DIRECTORY =
      OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC;

  private static final long FOR_NAMES =
      OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC;

  private static volatile boolean hasOpenat2 = true;

  /** Not open: every call fails with EBADF. */
  public static final DirectoryHandle NONE = new DirectoryHandle(-1, new byte[0]);

  /**
   * The lasting name of the directory.
   *
   * @return null when its file system has none
   */
  public @Nullable InodeHandle inodeHandle() throws LinuxException {
    return InodeHandle.of(descriptor());
  }

  /**
   * The lasting name of what has a name in it.
   *
   * @return null when its file system has none
   */
  public @Nullable InodeHandle inodeHandle(byte[] name) throws LinuxException {
    return InodeHandle.of(descriptor(), Arrays.copyOf(name, name.length + 1));
  }

  /**
   * Where another directory of this file system is now, below this one. It may be elsewhere when
   * this returns.
   *
   * @return its path from here; null when it is no more, is not below this one, is too deep for the
   *     kernel to say where, or may not be asked for (CAP_DAC_READ_SEARCH)
   */
  public byte @Nullable [] pathOf(InodeHandle directory) throws LinuxException {
    long fd = directory.open(descriptor(), (int) FOR_NAMES);
    if (fd < 0) {
      return null;
    }
    try (DirectoryHandle found = opened(fd, "open_by_handle_at", new byte[0], true)) {
      if (found.status().links() == 0) {
        return null;
      }
      byte[] here = OperatorPaths.placeOf(descriptor());
      byte[] there = OperatorPaths.placeOf(found.descriptor());
      int length = here.length == 1 ? 0 : here.length; // "/" has nothing after it
      return there.length > length + 1
              && there[length] == '/'
              && Arrays.equals(here, 0, length, there, 0, length)
          ? Arrays.copyOfRange(there, length + 1, there.length)
          : null;
    }
  }

  private DirectoryHandle(int descriptor, byte[] name) {
    this(descriptor, name, false);
  }

  private DirectoryHandle(int descriptor, byte[] name, boolean forNamesOnly) {
    super(descriptor, name, forNamesOnly);
  }

  static DirectoryHandle opened(long fd, String call, byte[] name) throws LinuxException {
    return opened(fd, call, name, false);
  }

  /**
   * @param forNamesOnly whether it was opened for its path only (O_PATH)
   */
  static DirectoryHandle opened(long fd, String call, byte[] name, boolean forNamesOnly)
      throws LinuxException {
    if (fd == -Errno.EXDEV && call.equals("openat2")) { // RESOLVE_BENEATH
      throw new LinuxException(call, Names.display(name), Errno.EXDEV, LEADS_OUT);
    }
    if (fd < 0) {
      throw new LinuxException(call, Names.display(name), (int) -fd);
    }
    return new DirectoryHandle((int) fd, name, forNamesOnly);
  }

  /** Whether its names can be listed; otherwise those that are known can be worked on. */
  public boolean isListable() {
    return !isForPathOnly();
  }

  private void requireListable() throws LinuxException {
    if (isForPathOnly()) {
      throw new LinuxException("openat2", shown(), Errno.EACCES);
    }
  }

  /**
   * Opens a directory by the path that a person gave; symbolic links on the way are followed, as
   * that person expects.
   */
  public static DirectoryHandle open(byte[] path) throws LinuxException {
    long fd =
        Syscall.restarting(
            FileHandle.OPENAT,
            OpenFlags.AT_FDCWD,
            Scratch.get().path(path, "openat"),
            OPEN_DIRECTORY,
            0);
    return opened(fd, "openat", path);
  }

  /**
   * As {@link #open(byte[])}; where the caller may pass through the directory and not list it, a
   * handle for its names alone.
   */
  public static DirectoryHandle openForNames(byte[] path) throws LinuxException {
    long given = Scratch.get().path(path, "openat");
    long fd = Syscall.restarting(FileHandle.OPENAT, OpenFlags.AT_FDCWD, given, OPEN_DIRECTORY, 0);
    if (fd == -Errno.EACCES) {
      fd = Syscall.restarting(FileHandle.OPENAT, OpenFlags.AT_FDCWD, given, FOR_NAMES, 0);
      return opened(fd, "openat", path, true);
    }
    return opened(fd, "openat", path);
  }

  /** As {@link #beneath}; where it may not be listed, a handle for its names alone. */
  public DirectoryHandle beneathForNames(byte[] path) throws LinuxException {
    try {
      return beneath(path);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
    }
    byte[] relative = path.length == 0 ? new byte[] {'.'} : path;
    long fd = -Errno.EAGAIN;
    for (int i = 0; i < OPENAT2_TRIES && fd == -Errno.EAGAIN; i++) {
      fd =
          openat2(
              relative,
              OpenFlags.RESOLVE_BENEATH
                  | OpenFlags.RESOLVE_NO_SYMLINKS
                  | OpenFlags.RESOLVE_NO_MAGICLINKS,
              FOR_NAMES);
    }
    return opened(fd, "openat2", path, true);
  }

  /** mkdir(2) of a path that a person gave. */
  public static void create(byte[] path, int permissions) throws LinuxException {
    LinuxException.check(
        Syscall.restarting(
            MKDIRAT, OpenFlags.AT_FDCWD, Scratch.get().path(path, "mkdir"), permissions),
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

  /**
   * As {@link #beneath}, but through symbolic links that stay below this directory: for a user who
   * asked for it ({@code --keep-dirlinks}).
   */
  public DirectoryHandle beneathThroughLinks(byte[] path) throws LinuxException {
    byte[] relative = path.length == 0 ? new byte[] {'.'} : path;
    long fd = -Errno.EAGAIN;
    for (int i = 0; i < OPENAT2_TRIES && fd == -Errno.EAGAIN; i++) {
      fd = openat2(relative, OpenFlags.RESOLVE_BENEATH | OpenFlags.RESOLVE_NO_MAGICLINKS);
    }
    return opened(fd, "openat2", path);
  }

  /**
   * Opens a directory by a path that a person gave relative to this one; symbolic links are
   * followed wherever they lead, as that person expects ({@code --copy-links}).
   */
  public DirectoryHandle throughLinks(byte[] path) throws LinuxException {
    byte[] relative = path.length == 0 ? new byte[] {'.'} : path;
    long fd =
        Syscall.restarting(
            FileHandle.OPENAT,
            descriptor(),
            Scratch.get().path(relative, "openat"),
            OPEN_DIRECTORY,
            0);
    return opened(fd, "openat", path);
  }

  /**
   * Opens a directory by a path on which there is no symbolic link.
   *
   * @param from a descriptor that a relative path begins at, or AT_FDCWD
   * @return null when there is one, or the kernel cannot tell (before 5.6)
   */
  static @Nullable DirectoryHandle withoutLinks(long from, byte[] path) throws LinuxException {
    if (!hasOpenat2) {
      return null;
    }
    long fd = openat2(from, path, OpenFlags.RESOLVE_NO_SYMLINKS, OPEN_DIRECTORY);
    return fd == -Errno.ELOOP || fd == -Errno.ENOSYS || fd == -Errno.EAGAIN
        ? null
        : opened(fd, "openat2", path);
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
        long fd =
            openat2(
                relative,
                OpenFlags.RESOLVE_BENEATH
                    | OpenFlags.RESOLVE_NO_SYMLINKS
                    | OpenFlags.RESOLVE_NO_MAGICLINKS
                    | (acrossMounts ? 0 : OpenFlags.RESOLVE_NO_XDEV));
        if (fd == -Errno.EAGAIN) {
          continue; // something was renamed meanwhile and the kernel could not be sure
        }
        if (fd == -Errno.ENOSYS) {
          hasOpenat2 = false;
          return walk(path, acrossMounts);
        }
        return opened(fd, "openat2", path);
      }
      throw new LinuxException("openat2", Names.display(path), Errno.EAGAIN);
    }
    return walk(path, acrossMounts);
  }

  private long openat2(byte[] relative, long resolve) throws LinuxException {
    return openat2(relative, resolve, OPEN_DIRECTORY);
  }

  private long openat2(byte[] relative, long resolve, long flags) throws LinuxException {
    return openat2(descriptor(), relative, resolve, flags);
  }

  private static long openat2(long from, byte[] relative, long resolve, long flags)
      throws LinuxException {
    Scratch scratch = Scratch.get();
    long how = scratch.structure(flags, 0, resolve, 0);
    return Syscall.restarting(OPENAT2, from, scratch.path(relative, "openat2"), how, 24);
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
          throw new LinuxException("openat", Names.display(path), Errno.EXDEV, LEADS_OUT);
        }
        at = last.component(Arrays.copyOfRange(path, from, to));
        // These kernels do not tell the mount; the device is the nearest thing.
        if (!acrossMounts && at.status().device() != last.status().device()) {
          at.close();
          throw new LinuxException("openat", Names.display(path), Errno.EXDEV, LEADS_OUT);
        }
      }
      from = to + 1;
    }
    return at;
  }

  private DirectoryHandle component(byte[] name) throws LinuxException {
    long fd =
        Syscall.restarting(
            FileHandle.OPENAT,
            descriptor(),
            Scratch.get().path(name, "openat"),
            OPEN_DIRECTORY | OpenFlags.O_NOFOLLOW,
            0);
    return opened(fd, "openat", name);
  }

  /** The status of a name, of the link itself if it is one; null when there is no such name. */
  public @Nullable FileStatus status(byte[] name) throws LinuxException {
    return status(name, OpenFlags.AT_SYMLINK_NOFOLLOW);
  }

  /**
   * The status of what a name leads to, through symbolic links, for a user who asked for that; null
   * when it leads nowhere.
   */
  public @Nullable FileStatus statusThroughLink(byte[] name) throws LinuxException {
    return status(name, 0);
  }

  private @Nullable FileStatus status(byte[] name, long flags) throws LinuxException {
    Scratch scratch = Scratch.get();
    long result =
        Syscall.restarting(
            STATX,
            descriptor(),
            scratch.path(name, "statx"),
            flags,
            FileStatus.MASK,
            scratch.statusAddress(),
            0);
    if (result == -Errno.ENOENT) {
      return null;
    }
    check(result, "statx", name);
    return FileStatus.read(scratch.statusWords());
  }

  /**
   * Opens the regular file that a name leads to, for a user who asked to follow links.
   *
   * @param keepsAccessTime as in {@link #openForReading}
   */
  public FileHandle openThroughLink(byte[] name, boolean keepsAccessTime) throws LinuxException {
    long flags =
        OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;
    long path = Scratch.get().path(name, "openat");
    long fd = -Errno.EPERM;
    if (keepsAccessTime) {
      fd =
          Syscall.restarting(FileHandle.OPENAT, descriptor(), path, flags | OpenFlags.O_NOATIME, 0);
    }
    if (fd == -Errno.EPERM) {
      fd = Syscall.restarting(FileHandle.OPENAT, descriptor(), path, flags, 0);
    }
    if (fd < 0) {
      check(fd, "openat", name);
    }
    return new FileHandle((int) fd, name);
  }

  /**
   * Whether some name begins so, for a handle that was not listed yet; afterwards {@link
   * #nextEntries} begins anew.
   */
  public boolean hasNameThatBegins(byte[] prefix) throws LinuxException {
    requireListable();
    MemorySegment buffer = Scratch.get().entries();
    boolean found = false;
    while (!found) {
      long count =
          Syscall.restarting(GETDENTS64, descriptor(), buffer.address(), buffer.byteSize());
      checked(count, "getdents64");
      if (count == 0) {
        break;
      }
      byte[] bytes = Scratch.get().entryBytes((int) count);
      for (int at = 0; at < count && !found; at += entryLength(bytes, at)) {
        found =
            Arrays.equals(
                bytes, at + ENTRY_NAME, at + ENTRY_NAME + prefix.length, prefix, 0, prefix.length);
      }
    }
    rewind();
    return found;
  }

  /** Starts {@link #nextEntries} from the beginning. */
  public void rewind() throws LinuxException {
    requireListable();
    checked(Syscall.restarting(LSEEK, descriptor(), 0, 0), "lseek");
  }

  /**
   * The next few hundred names, without "." and ".."; null at the end. An error means that the
   * listing is not complete, and nothing may be concluded from a name's absence (H28).
   */
  public @Nullable List<DirectoryEntry> nextEntries() throws LinuxException {
    requireListable();
    MemorySegment buffer = Scratch.get().entries();
    while (true) {
      long count =
          Syscall.restarting(GETDENTS64, descriptor(), buffer.address(), buffer.byteSize());
      checked(count, "getdents64");
      if (count == 0) {
        return null;
      }
      List<DirectoryEntry> entries = new ArrayList<>();
      byte[] bytes = Scratch.get().entryBytes((int) count);
      for (int at = 0; at < count; at += entryLength(bytes, at)) {
        DirectoryEntry entry = entry(bytes, at);
        if (entry != null) {
          entries.add(entry);
        }
      }
      if (!entries.isEmpty()) {
        return entries;
      }
    }
  }

  /** Whether a name of this directory is one, which is asked where the file system did not tell. */
  public boolean isDirectory(DirectoryEntry entry) throws LinuxException {
    if (entry.type() != DirectoryEntry.UNKNOWN) {
      return entry.type() == DirectoryEntry.DIRECTORY;
    }
    FileStatus status = status(entry.name());
    return status != null && status.isDirectory();
  }

  private static int entryLength(byte[] bytes, int at) {
    return bytes[at + 16] & 0xff | (bytes[at + 17] & 0xff) << 8;
  }

  private static long word(byte[] bytes, int at) {
    long word = 0;
    for (int i = 7; i >= 0; i--) {
      word = word << 8 | bytes[at + i] & 0xff;
    }
    return word;
  }

  /** Reads struct linux_dirent64 (getdents64(2)); null for "." and "..". */
  private static @Nullable DirectoryEntry entry(byte[] bytes, int at) {
    int from = at + ENTRY_NAME;
    int to = from;
    int end = at + entryLength(bytes, at);
    while (to < end && bytes[to] != 0) {
      to++;
    }
    byte[] name = Arrays.copyOfRange(bytes, from, to);
    if (!Names.isComponent(name)) {
      return null;
    }
    return new DirectoryEntry(name, word(bytes, at), bytes[at + 18]);
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
    long fd = openDescriptor(name, OpenFlags.O_PATH, 0);
    check(fd, "openat", name);
    return new FileHandle((int) fd, name, true);
  }

  /** As {@link #openPath}, of what a symbolic link leads to, for a user who asked to follow it. */
  public FileHandle openPathThroughLink(byte[] name) throws LinuxException {
    long fd =
        Syscall.restarting(
            FileHandle.OPENAT,
            descriptor(),
            Scratch.get().path(name, "openat"),
            OpenFlags.O_PATH | OpenFlags.O_CLOEXEC,
            0);
    check(fd, "openat", name);
    return new FileHandle((int) fd, name, true);
  }

  /**
   * As {@link #openPath}, of the inode that was seen at the name before: what is done through the
   * handle is done to that one, whatever has come to the name since (H2).
   *
   * @throws LinuxException ESTALE when it is another inode by now
   */
  public FileHandle openPath(byte[] name, FileStatus seen) throws LinuxException {
    FileHandle file = openPath(name);
    try {
      if (!file.status().isSameInode(seen)) {
        throw new LinuxException("openat", Names.display(name), Errno.ESTALE);
      }
      return file;
    } catch (LinuxException e) {
      file.close();
      throw e;
    }
  }

  /** Creates a regular file that did not exist and opens it for writing. */
  public FileHandle createFile(byte[] name, int permissions) throws LinuxException {
    return openFile(name, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL, permissions);
  }

  /**
   * Opens what the name stands for and reads from it: one call less than {@link #openPath} and
   * {@link FileHandle#reopenForReading}. Only where nobody but root and this user can put something
   * else at the name since its type was seen: opening a device can act (H5). A fifo does not block.
   *
   * @param keepsAccessTime leave the time of access, where the caller may ask for that (O_NOATIME:
   *     the file's owner and CAP_FOWNER)
   */
  public FileHandle openForReading(byte[] name, boolean keepsAccessTime) throws LinuxException {
    long flags = OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY;
    if (keepsAccessTime) {
      long fd = openDescriptor(name, flags | OpenFlags.O_NOATIME, 0);
      if (fd != -Errno.EPERM) {
        return opened(fd, name);
      }
    }
    return openFile(name, flags, 0);
  }

  /** Opens a regular file that stands for reading and writing; as careful as the caller is. */
  public FileHandle openForUpdate(byte[] name) throws LinuxException {
    return openFile(name, OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY, 0);
  }

  private FileHandle openFile(byte[] name, long flags, int permissions) throws LinuxException {
    return opened(openDescriptor(name, flags, permissions), name);
  }

  private long openDescriptor(byte[] name, long flags, int permissions) throws LinuxException {
    return Syscall.restarting(
        FileHandle.OPENAT,
        descriptor(),
        Scratch.get().path(name, "openat"),
        flags | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC,
        permissions);
  }

  private static FileHandle opened(long fd, byte[] name) throws LinuxException {
    check(fd, "openat", name);
    return new FileHandle((int) fd, name);
  }

  /** Where it is by now, as the kernel says; for what is shown and compared, not to be opened. */
  public byte[] realPath() throws LinuxException {
    return readLink(magicLink()); // which is absolute
  }

  /** The text of a symbolic link. */
  public byte[] readLink(byte[] name) throws LinuxException {
    Scratch scratch = Scratch.get();
    MemorySegment data = scratch.data();
    long count =
        Syscall.restarting(
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
        Syscall.restarting(MKDIRAT, descriptor(), Scratch.get().path(name, "mkdirat"), permissions),
        "mkdirat",
        name);
  }

  public void makeFifo(byte[] name, int permissions) throws LinuxException {
    makeNode(name, S_IFIFO | permissions, 0);
  }

  /**
   * mknod(2): a device, a fifo, or a socket that nobody listens on.
   *
   * @param mode type and permissions, as st_mode; the mask takes permissions away
   * @param specialDevice as {@link FileStatus#specialDevice}; 0 for what is no device
   * @throws LinuxException EPERM for a device without CAP_MKNOD
   */
  public void makeNode(byte[] name, int mode, long specialDevice) throws LinuxException {
    long major = specialDevice >>> 32;
    long minor = specialDevice & 0xffffffffL;
    if (major > 0xfff || minor > 0xfffff) { // the kernel has 12 and 20 bits for them
      throw new LinuxException("mknodat", Names.display(name), Errno.EINVAL);
    }
    long device = minor & 0xff | major << 8 | (minor & ~0xffL) << 12;
    check(
        Syscall.restarting(
            MKNODAT, descriptor(), Scratch.get().path(name, "mknodat"), mode, device),
        "mknodat",
        name);
  }

  public void makeSymbolicLink(byte[] name, byte[] text) throws LinuxException {
    Scratch scratch = Scratch.get();
    check(
        Syscall.restarting(
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
        Syscall.restarting(
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
        Syscall.restarting(UNLINKAT, descriptor(), Scratch.get().path(name, "unlinkat"), 0),
        "unlinkat",
        name);
  }

  /** Removes an empty directory; nothing here ever removes a full one (H35). */
  public void removeDirectory(byte[] name) throws LinuxException {
    check(
        Syscall.restarting(
            UNLINKAT, descriptor(), Scratch.get().path(name, "unlinkat"), OpenFlags.AT_REMOVEDIR),
        "unlinkat",
        name);
  }

  /** Renames within this directory; what stood at {@code to} is replaced in the same instant. */
  public void rename(byte[] from, byte[] to) throws LinuxException {
    rename(from, this, to, 0);
  }

  /**
   * Renames unless {@code to} exists (RENAME_NOREPLACE). NFS, CIFS and most of FUSE cannot do that
   * in one instant: there it is looked at first.
   *
   * @throws LinuxException EEXIST when it does
   */
  public void renameWithoutReplacing(byte[] from, DirectoryHandle target, byte[] to)
      throws LinuxException {
    try {
      rename(from, target, to, RENAME_NOREPLACE);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
      if (target.status(to) != null) {
        throw new LinuxException("renameat2", Names.display(to), Errno.EEXIST);
      }
      rename(from, target, to, 0);
    }
  }

  public void renameInto(byte[] from, DirectoryHandle target, byte[] to) throws LinuxException {
    rename(from, target, to, 0);
  }

  /** Exchanges two names that both exist, in one instant (RENAME_EXCHANGE). */
  public void exchange(byte[] one, byte[] other) throws LinuxException {
    rename(one, this, other, RENAME_EXCHANGE);
  }

  /** As {@link #exchange}, with a name in another directory of the same file system. */
  public void exchangeWith(byte[] one, DirectoryHandle target, byte[] other) throws LinuxException {
    rename(one, target, other, RENAME_EXCHANGE);
  }

  private void rename(byte[] from, DirectoryHandle target, byte[] to, int flags)
      throws LinuxException {
    Scratch scratch = Scratch.get();
    check(
        Syscall.restarting(
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
        Syscall.restarting(
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

  /**
   * Permissions of the name itself. Those of a symbolic link cannot be set: EOPNOTSUPP.
   *
   * @param permissions the lower 12 bits of a mode
   */
  public void setPermissions(byte[] name, int permissions) throws LinuxException {
    if (hasFchmodat2) {
      long result =
          Syscall.restarting(
              FCHMODAT2,
              descriptor(),
              Scratch.get().path(name, "fchmodat2"),
              permissions,
              OpenFlags.AT_SYMLINK_NOFOLLOW);
      if (result != -Errno.ENOSYS) {
        check(result, "fchmodat2", name);
        return;
      }
      hasFchmodat2 = false; // before kernel 6.6
    }
    try (FileHandle file = openPath(name)) {
      file.setPermissions(permissions);
    }
  }

  /** Time of modification of the name itself; a symbolic link is not followed. */
  public void setModified(byte[] name, long seconds, int nanos) throws LinuxException {
    setTimes(name, 0, OMIT, seconds, nanos);
  }

  /**
   * Times of the name itself; a symbolic link is not followed. Nanoseconds of {@link Handle#OMIT}
   * leave a time as it is, of {@link Handle#NOW} set it to the present.
   */
  public void setTimes(
      byte[] name, long atimeSeconds, int atimeNanos, long mtimeSeconds, int mtimeNanos)
      throws LinuxException {
    Scratch scratch = Scratch.get();
    long times = times(scratch, atimeSeconds, atimeNanos, mtimeSeconds, mtimeNanos);
    check(
        Syscall.restarting(
            UTIMENSAT,
            descriptor(),
            scratch.path(name, "utimensat"),
            times,
            OpenFlags.AT_SYMLINK_NOFOLLOW),
        "utimensat",
        name);
  }

  /**
   * The names of the extended attributes that this process may see of the name itself (a symbolic
   * link is not followed), in the file system's order; none where there can be none. Access control
   * lists are among them ({@code system.posix_acl_access}).
   */
  public List<byte[]> xattrs(byte[] name) throws LinuxException {
    return XattrCalls.list(this, name);
  }

  /** The value of one of them; null when it is not there. At most 64 KiB. */
  public byte @Nullable [] xattr(byte[] name, byte[] attribute) throws LinuxException {
    return XattrCalls.get(this, name, attribute);
  }

  /**
   * Makes or replaces one of them.
   *
   * @throws LinuxException EOPNOTSUPP when the file system has none, EPERM for {@code user.*} of
   *     what is neither file nor directory, ENOSPC when there is no room in the inode
   */
  public void setXattr(byte[] name, byte[] attribute, byte[] value) throws LinuxException {
    XattrCalls.set(this, name, attribute, value);
  }

  /** Removes one of them; one that is not there is no error. */
  public void removeXattr(byte[] name, byte[] attribute) throws LinuxException {
    XattrCalls.remove(this, name, attribute);
  }

  private static void check(long result, String call, byte[] name) throws LinuxException {
    if (result < 0) {
      throw new LinuxException(call, Names.display(name), (int) -result);
    }
  }
}
