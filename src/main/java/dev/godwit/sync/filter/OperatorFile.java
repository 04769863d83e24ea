package dev.godwit.sync.filter;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file that a user named by a path. The path is walked name by name: a symbolic link on the
 * way is followed when root or who runs this made it, and nobody else's (H3). What it leads to is
 * opened for its path first, and read when it is a regular file (H5).
 */
final class OperatorFile {
  private static final int LINKS_MAX = 40;
  private static final long DEV_NULL = 1L << 32 | 3;

  private final String shown;
  private final Deque<byte[]> names = new ArrayDeque<>();

  /** From the root directory down to where the walk is. */
  private final List<DirectoryHandle> walked = new ArrayList<>();

  private int links;

  private OperatorFile(byte[] path) {
    shown = Names.display(path);
    push(path);
  }

  /**
   * Reads a file.
   *
   * @param path from the working directory on, unless it begins with a '/'
   * @param confineRoot the file must lie below this directory; null: anywhere
   * @return null when there is no such name
   * @throws FilterException {@link FilterException#FILE}: it cannot be read, is no regular file, is
   *     longer than {@code bytesMax}, or lies elsewhere
   */
  static @Nullable MergeFile find(byte[] path, int bytesMax, byte @Nullable [] confineRoot)
      throws FilterException {
    OperatorFile walk = new OperatorFile(path);
    try {
      byte[] content = walk.read(path[0] == '/', bytesMax, confineRoot);
      return content == null ? null : new MergeFile(content, walk.shown);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return null;
      }
      throw walk.problem("cannot be read: " + e.getMessage());
    } finally {
      walk.walked.forEach(DirectoryHandle::close);
    }
  }

  private FilterException problem(String what) {
    return new FilterException(
        FilterException.FILE, "the file of filter rules " + shown + " " + what);
  }

  private void push(byte[] path) {
    int to = path.length;
    for (int i = path.length - 1; i >= -1; i--) {
      if (i < 0 || path[i] == '/') {
        if (to > i + 1) {
          names.push(Arrays.copyOfRange(path, i + 1, to));
        }
        to = i;
      }
    }
  }

  private byte @Nullable [] read(boolean isAbsolute, int bytesMax, byte @Nullable [] confineRoot)
      throws LinuxException, FilterException {
    if (!isAbsolute) {
      push(workingDirectory());
    }
    walked.add(DirectoryHandle.open(Names.of("/")));
    while (!names.isEmpty()) {
      byte[] name = names.pop();
      DirectoryHandle at = walked.getLast();
      if (isDots(name, 1)) {
        continue;
      }
      if (isDots(name, 2)) {
        if (walked.size() > 1) {
          walked.removeLast().close();
        }
        continue;
      }
      FileStatus status = at.status(name);
      if (status == null) {
        return null;
      }
      if (status.isSymbolicLink()) {
        follow(at, name, status);
      } else if (status.isDirectory()) {
        walked.add(at.beneath(name));
      } else if (!names.isEmpty()) {
        return null;
      } else if (status.specialDevice() == DEV_NULL) {
        return Place.NO_PATH;
      } else {
        confine(confineRoot);
        return readRegular(at, name, bytesMax);
      }
    }
    throw problem("is a directory");
  }

  private static boolean isDots(byte[] name, int dots) {
    return name.length == dots && name[0] == '.' && name[dots - 1] == '.';
  }

  private void follow(DirectoryHandle at, byte[] name, FileStatus status)
      throws LinuxException, FilterException {
    if (!isTrusted(status)) {
      throw problem(foreignLink(status));
    }
    if (++links > LINKS_MAX) {
      throw problem("goes through more than " + LINKS_MAX + " symbolic links");
    }
    byte[] text = at.readLink(name);
    FileStatus again = at.status(name);
    if (again == null
        || !again.isSameInode(status)
        || again.ctimeTotalNanos() != status.ctimeTotalNanos()) {
      throw problem("changes while it is looked for; try again");
    }
    push(text);
    if (text[0] == '/') {
      while (walked.size() > 1) {
        walked.removeLast().close();
      }
    }
  }

  /** Whether root or who runs this made a link. */
  static boolean isTrusted(FileStatus link) throws LinuxException {
    return link.uid() == 0 || !Identity.isRoot() && link.uid() == ownUid();
  }

  /** What is wrong with a link that is not trusted. */
  static String foreignLink(FileStatus link) {
    return "leads through a symbolic link of user "
        + Integer.toUnsignedString(link.uid())
        + ", who is neither root nor the user that runs this, so it is not followed";
  }

  private static int ownUid() throws LinuxException {
    try (DirectoryHandle self = DirectoryHandle.open(Names.of("/proc/thread-self"))) {
      return self.status().uid();
    }
  }

  private void confine(byte @Nullable [] confineRoot) throws LinuxException, FilterException {
    if (confineRoot == null) {
      return;
    }
    try (DirectoryHandle root = DirectoryHandle.open(confineRoot)) {
      FileStatus status = root.status();
      for (DirectoryHandle directory : walked) {
        if (directory.status().isSameInode(status)) {
          return;
        }
      }
    }
    throw problem("is not below " + Names.display(confineRoot) + " (--confine-root)");
  }

  private byte[] readRegular(DirectoryHandle directory, byte[] name, int bytesMax)
      throws LinuxException, FilterException {
    byte[] content = read(directory, name, bytesMax, shown);
    if (content == null) {
      throw problem("is no regular file");
    }
    return content;
  }

  /**
   * Reads a name of an open directory.
   *
   * @return null when it is no regular file
   */
  static byte @Nullable [] read(DirectoryHandle directory, byte[] name, int bytesMax, String shown)
      throws LinuxException, FilterException {
    try (FileHandle path = directory.openPath(name)) {
      FileStatus status = path.status();
      if (!status.isRegular()) {
        return null;
      }
      try (FileHandle file = path.reopenForReading()) {
        return readAll(file, Math.clamp(status.size(), 0, bytesMax), bytesMax, shown);
      }
    }
  }

  private static byte[] readAll(FileHandle file, int expected, int bytesMax, String shown)
      throws LinuxException, FilterException {
    byte[] content = new byte[expected + 1];
    int length = 0;
    while (true) {
      int count = file.read(content, length, content.length - length, length);
      if (count == 0) {
        return Arrays.copyOf(content, length);
      }
      length += count;
      if (length > bytesMax) {
        throw new FilterException(
            FilterException.FILE,
            "the file of filter rules " + shown + " is longer than " + bytesMax + " bytes");
      }
      if (length == content.length) {
        content = Arrays.copyOf(content, (int) Math.min(2L * length, bytesMax + 1L));
      }
    }
  }

  /** The absolute path of the calling thread's working directory. */
  static byte[] workingDirectory() throws LinuxException {
    try (DirectoryHandle self = DirectoryHandle.open(Names.of("/proc/thread-self"))) {
      return self.readLink(Names.of("cwd"));
    }
  }

  /** The kernel's path of an open directory: absolute, without symbolic links. */
  static byte[] pathOf(DirectoryHandle directory) throws LinuxException {
    try (DirectoryHandle descriptors = DirectoryHandle.open(Names.of("/proc/self/fd"))) {
      return descriptors.readLink(Names.of(Integer.toString(directory.descriptor())));
    }
  }
}
