package dev.godwit.host;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Mounts;
import dev.godwit.linux.Mounts.Mount;
import dev.godwit.linux.PathText;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is mounted below a directory.
 *
 * @param path below the directory, one char a byte (ISO 8859-1)
 * @param type of the file system: {@code ext4}
 * @param mayTakePart whether it could be mirrored with the directory: it is none that the kernel
 *     makes up, no single file, and shows no directory that it is in itself
 */
public record MountBelow(String path, String type, boolean mayTakePart) {
  static final int COUNT_MAX = 1000;
  private static final int PATH_CHARS_MAX = 4096;

  /**
   * In the order of their paths, one before those in it; a thousand at most.
   *
   * @param directory absolute, without symbolic links
   */
  public static List<MountBelow> of(byte[] directory) throws IOException {
    List<MountBelow> found = new ArrayList<>();
    String here = PathText.of(directory);
    for (Map.Entry<String, Mount> one : Mounts.below(here).entrySet()) {
      Mount mount = one.getValue();
      if (found.size() < COUNT_MAX) {
        boolean mayTakePart = !mount.isOfKernel() && isDirectoryOfItsOwn(mount.point(), here);
        found.add(new MountBelow(one.getKey(), mount.type(), mayTakePart));
      }
    }
    return found;
  }

  /** Whether a directory is mounted there, and none that it would be in itself then. */
  private static boolean isDirectoryOfItsOwn(String point, String directory) {
    try (DirectoryHandle mounted = DirectoryHandle.open(PathText.bytes(point))) {
      FileStatus status = mounted.status();
      for (String above = directory; !above.isEmpty(); above = parent(above)) {
        try (DirectoryHandle handle = DirectoryHandle.open(PathText.bytes(above))) {
          if (handle.status().isSameInode(status)) {
            return false;
          }
        }
      }
      return true;
    } catch (LinuxException e) {
      return false; // a file, or hidden by another mount, or nobody may read it
    }
  }

  /** Of / nothing. */
  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return path.equals("/") ? "" : slash == 0 ? "/" : path.substring(0, slash);
  }

  /** For people. */
  @Override
  public String toString() {
    return PathText.display(path) + " (" + type + ")";
  }

  void write(MessageWriter out) {
    out.text(path).text(type).bool(mayTakePart);
  }

  static MountBelow read(MessageReader in) throws WireException {
    return new MountBelow(in.text(2 * PATH_CHARS_MAX), in.text(256), in.bool());
  }
}
