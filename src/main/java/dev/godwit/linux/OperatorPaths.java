package dev.godwit.linux;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What the operator names by a path: the target, directories for backups, lists of patterns, logs.
 * The path is walked one component after the other; a symbolic link on it is followed only when it
 * belongs to root or to the user who runs this, so that nobody else can lead it elsewhere (H3). A
 * file has to be a regular one, or one of this process's own descriptors ({@code /dev/fd/63}, as
 * shells write {@code <(...)}), or {@code /dev/null}.
 */
public final class OperatorPaths {
  private static final long READ = Syscall.number(0, 63);
  private static final long READLINKAT = Syscall.number(267, 78);
  private static final long STATX = Syscall.number(332, 291);
  private static final long FSTATFS = Syscall.number(138, 44);
  private static final long CLOSE = Syscall.number(3, 57);

  private static final long O_APPEND = 0x400;
  private static final long PROC_SUPER_MAGIC = 0x9fa0;

  /** What a secret's mode may not have: all that others may, and writing by its group. */
  private static final int OTHERS = 0027;

  /** What the umask leaves of what others may do by default. */
  public static final int BY_UMASK = -1;

  private static final int PERMISSIONS = 0644;

  /** As the kernel's own limit (path_resolution(7)). */
  private static final int LINKS_MAX = 40;

  private OperatorPaths() {}

  /**
   * Opens a directory.
   *
   * @throws LinuxException ELOOP also for a link that is not trusted; the reason says so
   */
  public static DirectoryHandle openDirectory(byte[] path) throws LinuxException {
    return openDirectory(OpenFlags.AT_FDCWD, path);
  }

  /**
   * As {@link #openDirectory(byte[])}.
   *
   * @param from where a relative path begins; null for the working directory
   * @param confineRoot directory that it has to be or to be in; null: any
   */
  public static DirectoryHandle openDirectory(
      @Nullable DirectoryHandle from, byte[] path, byte @Nullable [] confineRoot)
      throws LinuxException {
    return confined(openDirectory(start(from), path), path, confineRoot);
  }

  private static DirectoryHandle confined(
      DirectoryHandle directory, byte[] path, byte @Nullable [] confineRoot) throws LinuxException {
    try {
      confine(directory.descriptor(), path, confineRoot);
    } catch (LinuxException e) {
      directory.close();
      throw e;
    }
    return directory;
  }

  private static long start(@Nullable DirectoryHandle from) {
    return from == null ? OpenFlags.AT_FDCWD : from.descriptor();
  }

  private static DirectoryHandle openDirectory(long from, byte[] path) throws LinuxException {
    DirectoryHandle direct = DirectoryHandle.withoutLinks(from, path);
    if (direct != null) {
      return direct;
    }
    try (Walk walk = new Walk(from, path)) {
      return walk.openDirectory(OpenFlags.O_RDONLY);
    }
  }

  /**
   * As {@link #openDirectory(byte[])}; where the caller may pass through the directory and not list
   * it, a handle for its names alone.
   */
  public static DirectoryHandle openDirectoryForNames(byte[] path) throws LinuxException {
    return openDirectoryForNames(null, path, null);
  }

  /** As {@link #openDirectory(DirectoryHandle, byte[], byte[])}, in the same way. */
  public static DirectoryHandle openDirectoryForNames(
      @Nullable DirectoryHandle from, byte[] path, byte @Nullable [] confineRoot)
      throws LinuxException {
    try {
      return openDirectory(from, path, confineRoot);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
    }
    try (Walk walk = new Walk(start(from), path)) {
      return confined(walk.openDirectory(OpenFlags.O_PATH), path, confineRoot);
    }
  }

  /**
   * mkdir(2): makes the last name of a path.
   *
   * @param from where a relative path begins; null for the working directory
   */
  public static void makeDirectory(@Nullable DirectoryHandle from, byte[] path, int permissions)
      throws LinuxException {
    int end = path.length;
    while (end > 1 && path[end - 1] == '/') {
      end--;
    }
    int name = end;
    while (name > 0 && path[name - 1] != '/') {
      name--;
    }
    byte[] parent = name == 0 ? new byte[] {'.'} : Arrays.copyOf(path, name);
    try (DirectoryHandle in = openDirectory(start(from), parent)) {
      in.makeDirectory(Arrays.copyOfRange(path, name, end), permissions);
    }
  }

  /**
   * Makes the directory that a path names, and those above it that are not there.
   *
   * @param from where a relative path begins; null for the working directory
   */
  public static void makeDirectories(@Nullable DirectoryHandle from, byte[] path, int permissions)
      throws LinuxException {
    for (int i = 1; i <= path.length; i++) {
      if (i == path.length || path[i] == '/') {
        try {
          makeDirectory(from, Arrays.copyOf(path, i), permissions);
        } catch (LinuxException e) {
          if (e.errno() != Errno.EEXIST) {
            throw e;
          }
        }
      }
    }
  }

  /** Whether something is root's or the user's who runs this; of a link, the link itself. */
  public static boolean isTrusted(FileStatus status) {
    return status.uid() == 0 || status.uid() == Identity.user();
  }

  /** What is wrong with a link that is not trusted, after its name. */
  public static String distrust(FileStatus link) {
    return "belongs to user "
        + Integer.toUnsignedString(link.uid())
        + ", who could lead it anywhere; name what it leads to, or give the link to root";
  }

  /**
   * The whole file.
   *
   * @param confineRoot directory that the file has to be in; null: any
   * @param bytesMax more than this is refused
   * @throws IOException when it cannot be read, is refused or is too large; the message says why
   */
  public static byte[] read(byte[] path, byte @Nullable [] confineRoot, int bytesMax)
      throws IOException {
    try (FileHandle file = open(path, confineRoot, OpenFlags.O_RDONLY)) {
      return read(file, path, bytesMax);
    }
  }

  /**
   * The whole of a file that holds a secret: it has to be root's or this user's own, nobody but its
   * owner and its group may read it, and nobody but its owner write it (H80).
   *
   * @param bytesMax more than this is refused
   * @throws IOException as of {@link #read(byte[], byte[], int)}; or the file is not as it has to
   *     be, and the message says how it is
   */
  public static byte[] readSecret(byte[] path, int bytesMax) throws IOException {
    try (FileHandle file = open(path, null, OpenFlags.O_RDONLY)) {
      FileStatus status = file.status();
      if (!isTrusted(status)) {
        throw new IOException(
            "it belongs to the user "
                + Integer.toUnsignedString(status.uid())
                + ", who may change it");
      }
      if ((status.permissions() & OTHERS) != 0) {
        throw new IOException(
            "others may read or change it (its mode is %04o): chmod 600 it"
                .formatted(status.permissions()));
      }
      return read(file, path, bytesMax);
    }
  }

  private static byte[] read(FileHandle file, byte[] path, int bytesMax) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    MemorySegment data = Scratch.get().data();
    byte[] part = new byte[Scratch.DATA_BYTES];
    while (true) {
      long count = Syscall.call(READ, file.descriptor(), data.address(), part.length);
      if (count == -Errno.EINTR) {
        continue;
      }
      LinuxException.check(count, "read", Names.display(path));
      if (count == 0) {
        return content.toByteArray();
      }
      if (content.size() + count > bytesMax) {
        throw new IOException("it is larger than " + bytesMax + " bytes");
      }
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, part, 0, (int) count);
      content.write(part, 0, (int) count);
    }
  }

  /**
   * Opens a file to write at its end; makes it when it is not there, with the permissions that the
   * umask leaves. A file with a second name is refused where the directory belongs to another user,
   * who could have linked it there.
   *
   * @throws IOException when that is not possible or is refused; the message says why
   */
  public static FileHandle openForAppending(byte[] path, byte @Nullable [] confineRoot)
      throws IOException {
    return open(path, confineRoot, OpenFlags.O_WRONLY | O_APPEND | OpenFlags.O_CREAT, BY_UMASK);
  }

  /**
   * As {@link #openForAppending(byte[], byte[])}.
   *
   * @param permissions those of the file when it is made here, whatever the umask; {@link
   *     #BY_UMASK}
   */
  public static FileHandle openForAppending(byte[] path, int permissions) throws IOException {
    return open(path, null, OpenFlags.O_WRONLY | O_APPEND | OpenFlags.O_CREAT, permissions);
  }

  private static FileHandle open(byte[] path, byte @Nullable [] confineRoot, long flags)
      throws IOException {
    return open(path, confineRoot, flags, BY_UMASK);
  }

  private static FileHandle open(
      byte[] path, byte @Nullable [] confineRoot, long flags, int permissions) throws IOException {
    try (Walk walk = new Walk(OpenFlags.AT_FDCWD, path, permissions)) {
      FileHandle file = walk.open(flags);
      try {
        confine(file.descriptor(), path, confineRoot);
      } catch (IOException e) {
        file.close();
        throw e;
      }
      return file;
    }
  }

  private static void confine(int descriptor, byte[] path, byte @Nullable [] root)
      throws LinuxException {
    if (root == null) {
      return;
    }
    byte[] place = placeOf(descriptor);
    try (DirectoryHandle directory = DirectoryHandle.open(root)) {
      byte[] limit = placeOf(directory.descriptor());
      int length = limit.length == 1 ? 0 : limit.length; // "/" has nothing after it
      if (Arrays.equals(place, limit)
          || place.length > length
              && place[length] == '/'
              && Arrays.equals(limit, 0, length, place, 0, length)) {
        return;
      }
    }
    throw new LinuxException(
        "openat",
        Names.display(path),
        Errno.EXDEV,
        "it is not below " + Names.display(root) + ", where --confine-root keeps it");
  }

  /** Where the kernel says that an open file is. */
  static byte[] placeOf(int descriptor) throws LinuxException {
    return readLink(OpenFlags.AT_FDCWD, Names.of("/proc/self/fd/" + descriptor));
  }

  private static byte[] readLink(long directory, byte[] name) throws LinuxException {
    Scratch scratch = Scratch.get();
    MemorySegment data = scratch.data();
    long count =
        Syscall.call(
            READLINKAT,
            directory,
            scratch.path(name, "readlinkat"),
            data.address(),
            Scratch.PATH_BYTES);
    LinuxException.check(count, "readlinkat", Names.display(name));
    byte[] text = new byte[(int) count];
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, text, 0, text.length);
    return text;
  }

  /** The way along one path. */
  private static final class Walk implements AutoCloseable {
    private final byte[] path;
    private final Deque<byte[]> ahead = new ArrayDeque<>();
    private long at;
    private final int permissions;
    private int links;

    Walk(long from, byte[] path) throws LinuxException {
      this(from, path, BY_UMASK);
    }

    /**
     * @param permissions of a file that is made
     */
    Walk(long from, byte[] path, int permissions) throws LinuxException {
      this.path = path;
      this.permissions = permissions;
      if (path.length == 0) {
        throw new LinuxException("openat", "", Errno.ENOENT, "the name is empty");
      }
      push(path);
      at = directory(from, path[0] == '/' ? "/" : ".");
    }

    /** Puts the components before those that are still ahead. */
    private void push(byte[] text) {
      int to = text.length;
      for (int i = text.length - 1; i >= -1; i--) {
        if (i == -1 || text[i] == '/') {
          if (to > i + 1 && !(to == i + 2 && text[i + 1] == '.')) {
            ahead.addFirst(Arrays.copyOfRange(text, i + 1, to));
          }
          to = i;
        }
      }
    }

    FileHandle open(long flags) throws IOException {
      while (!ahead.isEmpty()) {
        byte[] name = ahead.removeFirst();
        boolean isLast = ahead.isEmpty();
        long inode = inode(name);
        if (inode == -Errno.ENOENT && isLast && (flags & OpenFlags.O_CREAT) != 0) {
          return create(name, flags);
        }
        LinuxException.check(inode, "openat", Names.display(path));
        try (FileHandle handle = new FileHandle((int) inode, path)) {
          FileStatus status = handle.status();
          if (status.isSymbolicLink()) {
            FileHandle own = follow(name, status, isLast, flags);
            if (own != null) {
              return own;
            }
          } else if (isLast) {
            return reopen(handle, status, flags);
          } else {
            moveTo(directory(inode, "."));
          }
        }
      }
      throw new LinuxException("open", Names.display(path), Errno.EISDIR);
    }

    /**
     * @param access O_RDONLY or O_PATH
     */
    DirectoryHandle openDirectory(long access) throws LinuxException {
      while (!ahead.isEmpty()) {
        byte[] name = ahead.removeFirst();
        long inode = LinuxException.check(inode(name), "openat", Names.display(path));
        try (FileHandle handle = new FileHandle((int) inode, path)) {
          FileStatus status = handle.status();
          if (status.isSymbolicLink()) {
            goAlong(name, status);
          } else {
            moveTo(directory(inode, "."));
          }
        }
      }
      long whole = openAt(new byte[] {'.'}, access | OpenFlags.O_DIRECTORY);
      return DirectoryHandle.opened(whole, "openat", path, access == OpenFlags.O_PATH);
    }

    private long inode(byte[] name) throws LinuxException {
      return openAt(name, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW);
    }

    private @Nullable FileHandle follow(byte[] name, FileStatus link, boolean isLast, long flags)
        throws IOException {
      if (isLast && isTrusted(link) && isInProc()) {
        // A descriptor of this process, as /dev/stdin: the kernel leads there, not a path.
        long file = openAt(name, flags & ~OpenFlags.O_CREAT);
        LinuxException.check(file, "openat", Names.display(path));
        return new FileHandle((int) file, path);
      }
      goAlong(name, link);
      return null;
    }

    private void goAlong(byte[] name, FileStatus link) throws LinuxException {
      if (!isTrusted(link)) {
        throw new LinuxException(
            "openat",
            Names.display(path),
            Errno.ELOOP,
            "the symbolic link " + Names.display(name) + " on its path " + distrust(link));
      }
      if (++links > LINKS_MAX) {
        throw new LinuxException("openat", Names.display(path), Errno.ELOOP);
      }
      byte[] text = readLink(at, name);
      if (text.length == 0) {
        throw new LinuxException("readlinkat", Names.display(path), Errno.ENOENT);
      }
      push(text);
      if (text[0] == '/') {
        moveTo(directory(OpenFlags.AT_FDCWD, "/"));
      }
    }

    private boolean isInProc() throws LinuxException {
      Scratch scratch = Scratch.get();
      MemorySegment data = scratch.data();
      LinuxException.check(
          Syscall.call(FSTATFS, at, data.address()), "fstatfs", Names.display(path));
      return data.get(ValueLayout.JAVA_LONG, 0) == PROC_SUPER_MAGIC;
    }

    private FileHandle reopen(FileHandle handle, FileStatus status, long flags) throws IOException {
      if (!status.isRegular() && !isNullDevice(status)) {
        if (status.isDirectory()) {
          throw new LinuxException("open", Names.display(path), Errno.EISDIR);
        }
        throw new IOException(
            (flags & OpenFlags.O_WRONLY) == 0
                ? "it is no regular file; give it as /dev/stdin or <(...)"
                : "it is no regular file");
      }
      if ((flags & OpenFlags.O_WRONLY) != 0 && status.links() > 1 && !isOwnDirectory()) {
        throw new IOException(
            "it has more than one name, in a directory of another user, who could have linked a"
                + " file there that is not theirs; choose another place");
      }
      long file =
          Syscall.call(
              FileHandle.OPENAT,
              OpenFlags.AT_FDCWD,
              Scratch.get().path(handle.magicLink(), "openat"),
              flags & ~OpenFlags.O_CREAT
                  | OpenFlags.O_NOCTTY
                  | OpenFlags.O_NONBLOCK
                  | OpenFlags.O_CLOEXEC,
              0);
      LinuxException.check(file, "openat", Names.display(path));
      return new FileHandle((int) file, path);
    }

    private boolean isNullDevice(FileStatus status) throws LinuxException {
      if (!status.isDevice()) {
        return false;
      }
      boolean isCharacter = (status.mode() & FileStatus.TYPE) == 0020000;
      return isCharacter && status.specialDevice() == (1L << 32 | 3); // null(4)
    }

    private boolean isOwnDirectory() throws LinuxException {
      Scratch scratch = Scratch.get();
      LinuxException.check(
          Syscall.call(
              STATX,
              at,
              scratch.emptyPath(),
              OpenFlags.AT_EMPTY_PATH,
              FileStatus.MASK,
              scratch.statusAddress(),
              0),
          "statx",
          Names.display(path));
      FileStatus status = FileStatus.read(scratch.statusWords());
      return isTrusted(status) && (status.mode() & 022) == 0;
    }

    private FileHandle create(byte[] name, long flags) throws LinuxException {
      long file =
          Syscall.call(
              FileHandle.OPENAT,
              at,
              Scratch.get().path(name, "openat"),
              flags | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC,
              permissions == BY_UMASK ? PERMISSIONS : permissions);
      LinuxException.check(file, "openat", Names.display(path));
      FileHandle made = new FileHandle((int) file, path);
      if (permissions != BY_UMASK) {
        made.setPermissions(permissions);
      }
      return made;
    }

    private long openAt(byte[] name, long flags) throws LinuxException {
      return Syscall.call(
          FileHandle.OPENAT,
          at,
          Scratch.get().path(name, "openat"),
          flags | OpenFlags.O_CLOEXEC,
          0);
    }

    private long directory(long from, String name) throws LinuxException {
      long descriptor =
          Syscall.call(
              FileHandle.OPENAT,
              from,
              Scratch.get().path(Names.of(name), "openat"),
              OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC,
              0);
      return LinuxException.check(descriptor, "openat", Names.display(path));
    }

    private void moveTo(long next) {
      close();
      at = next;
    }

    @Override
    public void close() {
      var unused = Syscall.call(CLOSE, at);
    }
  }
}
