package dev.godwit.stage;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.util.Arrays;

/** Paths as bytes. */
final class Paths {
  private static final byte[] DESCRIPTORS = Names.of("/proc/self/fd");

  private Paths() {}

  /** Where a directory that is open really is: no symbolic link on the way. */
  static byte[] real(DirectoryHandle directory) throws LinuxException {
    try (DirectoryHandle descriptors = DirectoryHandle.open(DESCRIPTORS)) {
      return descriptors.readLink(Names.of(Integer.toString(directory.descriptor())));
    }
  }

  /** A path for the kernel that means what is open, whatever is mounted over it by then. */
  static String open(DirectoryHandle directory) {
    return "/proc/self/fd/" + directory.descriptor();
  }

  static byte[] parent(byte[] path) {
    int slash = path.length - 1;
    while (slash > 0 && path[slash] != '/') {
      slash--;
    }
    return slash == 0 ? new byte[] {'/'} : Arrays.copyOf(path, slash);
  }

  static byte[] join(byte[] folder, String name) {
    byte[] end = Names.of(name);
    int slash = folder.length > 0 && folder[folder.length - 1] == '/' ? 0 : 1;
    byte[] path = Arrays.copyOf(folder, folder.length + slash + end.length);
    path[folder.length] = '/';
    System.arraycopy(end, 0, path, folder.length + slash, end.length);
    return path;
  }
}
