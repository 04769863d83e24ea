package dev.godwit.mirror;

import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Mounts;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a directory lies in its file system, whatever mounts lead there: two paths that a bind
 * mount joins have one location. Comparable between hosts for as long as none of them boots.
 *
 * @param device the running kernel and the number that it gave the file system
 * @param path in the file system, from its root on, one char a byte
 */
record Location(String device, String path) {
  private static final int DEVICE_BYTES_MAX = 200;
  private static final int PATH_BYTES_MAX = 8192;
  private static final byte[] DESCRIPTORS = Names.of("/proc/self/fd");

  /**
   * Of a path, or of what it will be when it is made.
   *
   * @return null when the kernel does not say (before 5.8)
   */
  static @Nullable Location of(byte[] path) throws IOException {
    int end = path.length;
    while (true) {
      byte[] at = end == 0 ? new byte[] {'.'} : Arrays.copyOf(path, end);
      try (DirectoryHandle directory = DirectoryHandle.openForNames(at)) {
        Location here = of(directory);
        String rest = PathText.of(Arrays.copyOfRange(path, end, path.length));
        return here == null ? null : new Location(here.device, below(here.path, rest));
      } catch (LinuxException e) {
        if (e.errno() == Errno.ENOTDIR) {
          throw new IOException(
              Names.display(path)
                  + " is no directory, or leads through something that is none: name another path,"
                  + " or move away what is there",
              e);
        }
        if (e.errno() != Errno.ENOENT || end <= 1) {
          throw e;
        }
        end = parentEnd(path, end);
      }
    }
  }

  /** Where the path of the directory above ends; 0: it is the current one. */
  private static int parentEnd(byte[] path, int end) {
    for (int i = end - 1; i > 0; i--) {
      if (path[i] == '/') {
        return i;
      }
    }
    return path[0] == '/' ? 1 : 0;
  }

  private static @Nullable Location of(DirectoryHandle directory) throws IOException {
    Mounts.Mount mount = Mounts.byId(directory.status().mount());
    String path = mount == null ? "" : path(directory);
    if (mount == null || !path.startsWith(mount.point())) {
      return null; // outside of what this process sees
    }
    return below(mount, path.substring(mount.point().length()));
  }

  /** The path of an open directory as this process sees it. */
  private static String path(DirectoryHandle directory) throws LinuxException {
    try (DirectoryHandle descriptors = DirectoryHandle.open(DESCRIPTORS)) {
      return new String(
          descriptors.readLink(Names.of(Integer.toString(directory.descriptor()))),
          StandardCharsets.ISO_8859_1);
    }
  }

  private static Location below(Mounts.Mount mount, String rest) throws IOException {
    return new Location(CoarseClock.bootId() + " " + mount.device(), below(mount.root(), rest));
  }

  /**
   * The mounts below a directory that show one of these trees, a part of it, or what it is in.
   *
   * @return their paths below the directory, one char a byte; none when it is not there
   */
  static List<String> mountsOf(List<Location> trees, byte[] directory) throws IOException {
    List<String> showing = new ArrayList<>();
    try (DirectoryHandle open = DirectoryHandle.openForNames(directory)) {
      for (Map.Entry<String, Mounts.Mount> one : Mounts.below(path(open)).entrySet()) {
        Location mounted = below(one.getValue(), "");
        if (trees.stream().anyMatch(mounted::overlaps)) {
          showing.add(one.getKey());
        }
      }
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
        throw e;
      }
    }
    return showing;
  }

  private static String below(String path, String rest) {
    String start = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    String end = rest.startsWith("/") ? rest.substring(1) : rest;
    return end.isEmpty() ? start : start + "/" + end;
  }

  /** Whether it is the other one, or below it. */
  boolean isIn(Location outer) {
    return device.equals(outer.device)
        && (path.equals(outer.path) || path.startsWith(outer.path + "/"));
  }

  boolean overlaps(Location other) {
    return isIn(other) || other.isIn(this);
  }

  void write(MessageWriter message) {
    message.text(device).bytes(path.getBytes(StandardCharsets.ISO_8859_1));
  }

  static Location read(MessageReader message) throws WireException {
    String device = message.text(DEVICE_BYTES_MAX);
    byte[] path = message.bytes(PATH_BYTES_MAX);
    return new Location(device, new String(path, StandardCharsets.ISO_8859_1));
  }
}
