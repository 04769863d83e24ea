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
 * Files that the operator names: lists of patterns, logs. The path is walked one component after
 * the other; a symbolic link on it is followed only when it belongs to root or to the user who runs
 * this, so that nobody else can lead it elsewhere (H3). The file has to be a regular one, or one of
 * this process's own descriptors ({@code /dev/fd/63}, as shells write {@code <(...)}), or {@code
 * /dev/null}.
 */
public final class OperatorFiles {
  private static final long OPENAT = Syscall.number(257, 56);
  private static final long READ = Syscall.number(0, 63);
  private static final long READLINKAT = Syscall.number(267, 78);
  private static final long STATX = Syscall.number(332, 291);
  private static final long FSTATFS = Syscall.number(138, 44);
  private static final long CLOSE = Syscall.number(3, 57);
  private static final long GETEUID = Syscall.number(107, 175);

  private static final long O_APPEND = 0x400;
  private static final long PROC_SUPER_MAGIC = 0x9fa0;

  /** As the kernel's own limit (path_resolution(7)). */
  private static final int LINKS_MAX = 40;

  private OperatorFiles() {}

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
    return open(path, confineRoot, OpenFlags.O_WRONLY | O_APPEND | OpenFlags.O_CREAT);
  }

  private static FileHandle open(byte[] path, byte @Nullable [] confineRoot, long flags)
      throws IOException {
    try (Walk walk = new Walk(path)) {
      FileHandle file = walk.open(flags);
      try {
        if (confineRoot != null && !isBelow(placeOf(file.descriptor()), confineRoot)) {
          throw new IOException(
              "it is not below " + Names.display(confineRoot) + ", where --confine-root keeps it");
        }
      } catch (IOException e) {
        file.close();
        throw e;
      }
      return file;
    }
  }

  private static boolean isBelow(byte[] place, byte[] root) throws LinuxException {
    try (DirectoryHandle directory = DirectoryHandle.open(root)) {
      byte[] prefix = placeOf(directory.descriptor());
      if (prefix.length == 1) {
        return place.length > 0 && place[0] == '/';
      }
      return place.length > prefix.length
          && place[prefix.length] == '/'
          && Arrays.equals(prefix, 0, prefix.length, place, 0, prefix.length);
    }
  }

  /** Where the kernel says that an open file is. */
  private static byte[] placeOf(int descriptor) throws LinuxException {
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
    private final long me = Syscall.call(GETEUID, 0);
    private long at;
    private int links;

    Walk(byte[] path) throws IOException {
      this.path = path;
      if (path.length == 0) {
        throw new IOException("the name is empty");
      }
      push(path);
      at = directory(OpenFlags.AT_FDCWD, path[0] == '/' ? "/" : ".");
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
        long inode = openAt(name, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW);
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
            long next = directory(inode, ".");
            moveTo(next);
          }
        }
      }
      throw new LinuxException("open", Names.display(path), Errno.EISDIR);
    }

    private @Nullable FileHandle follow(byte[] name, FileStatus link, boolean isLast, long flags)
        throws IOException {
      if (link.uid() != 0 && link.uid() != (int) me) {
        throw new IOException(
            "the symbolic link "
                + Names.display(name)
                + " on its path belongs to user "
                + Integer.toUnsignedString(link.uid())
                + ", who could lead it anywhere; name the file itself, or give the link to root");
      }
      if (++links > LINKS_MAX) {
        throw new LinuxException("openat", Names.display(path), Errno.ELOOP);
      }
      if (isLast && isInProc()) {
        // A descriptor of this process, as /dev/stdin: the kernel leads there, not a path.
        long file = openAt(name, flags & ~OpenFlags.O_CREAT);
        LinuxException.check(file, "openat", Names.display(path));
        return new FileHandle((int) file, path);
      }
      byte[] text = readLink(at, name);
      if (text.length == 0) {
        throw new LinuxException("readlinkat", Names.display(path), Errno.ENOENT);
      }
      push(text);
      if (text[0] == '/') {
        moveTo(directory(OpenFlags.AT_FDCWD, "/"));
      }
      return null;
    }

    private boolean isInProc() throws LinuxException {
      Scratch scratch = Scratch.get();
      MemorySegment data = scratch.data();
      LinuxException.check(
          Syscall.call(FSTATFS, at, data.address()), "fstatfs", Names.display(path));
      return data.get(ValueLayout.JAVA_LONG, 0) == PROC_SUPER_MAGIC;
    }

    private FileHandle reopen(FileHandle handle, FileStatus status, long flags) throws IOException {
      if (!status.isRegular() && !isNullDevice(handle, status)) {
        if (status.isDirectory()) {
          throw new LinuxException("open", Names.display(path), Errno.EISDIR);
        }
        throw new IOException("it is no regular file; give it as /dev/stdin or <(...)");
      }
      if ((flags & OpenFlags.O_WRONLY) != 0 && status.links() > 1 && !isOwnDirectory()) {
        throw new IOException(
            "it has more than one name, in a directory of another user, who could have linked a"
                + " file there that is not theirs; choose another place");
      }
      long file =
          Syscall.call(
              OPENAT,
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

    private boolean isNullDevice(FileHandle handle, FileStatus status) throws LinuxException {
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
      return (status.uid() == 0 || status.uid() == (int) me) && (status.mode() & 022) == 0;
    }

    private FileHandle create(byte[] name, long flags) throws LinuxException {
      long file =
          Syscall.call(
              OPENAT,
              at,
              Scratch.get().path(name, "openat"),
              flags | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC,
              0644);
      LinuxException.check(file, "openat", Names.display(path));
      return new FileHandle((int) file, path);
    }

    private long openAt(byte[] name, long flags) throws LinuxException {
      return Syscall.call(
          OPENAT, at, Scratch.get().path(name, "openat"), flags | OpenFlags.O_CLOEXEC, 0);
    }

    private long directory(long from, String name) throws LinuxException {
      long descriptor =
          Syscall.call(
              OPENAT,
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
