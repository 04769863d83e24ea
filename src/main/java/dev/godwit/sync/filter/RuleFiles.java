package dev.godwit.sync.filter;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads files of filter rules: those that a user named (H3, H5), and those of directories. */
final class RuleFiles {
  private RuleFiles() {}

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
    String shown = Names.display(path);
    try {
      return new MergeFile(OperatorPaths.read(path, confineRoot, bytesMax), shown);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return null;
      }
      throw problem(shown, e.reason());
    } catch (IOException e) {
      throw problem(shown, String.valueOf(e.getMessage()));
    }
  }

  static FilterException problem(String shown, String what) {
    return new FilterException(
        FilterException.FILE, "the file of filter rules " + shown + " cannot be read: " + what);
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

  /** The kernel's path of an open directory: absolute, without symbolic links. */
  static byte[] pathOf(DirectoryHandle directory) throws LinuxException {
    try (DirectoryHandle descriptors = DirectoryHandle.open(Names.of("/proc/self/fd"))) {
      return descriptors.readLink(Names.of(Integer.toString(directory.descriptor())));
    }
  }
}
