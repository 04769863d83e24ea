package dev.godwit.sync.copy;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Paths and names as bytes: joined, split and ordered. */
final class Paths {
  static final byte[] HERE = {'.'};
  static final byte[] NONE = {};

  private Paths() {}

  /** {@code directory/name}; the name alone when the directory is empty. */
  static byte[] join(byte[] directory, byte[] name) {
    if (directory.length == 0) {
      return name;
    }
    if (name.length == 0) {
      return directory;
    }
    boolean ends = directory[directory.length - 1] == '/';
    int at = directory.length + (ends ? 0 : 1);
    byte[] path = Arrays.copyOf(directory, at + name.length);
    path[at - 1] = '/';
    System.arraycopy(name, 0, path, at, name.length);
    return path;
  }

  /** Paths, each but the first of them relative to the one before it, as one. */
  static byte[] joined(List<byte[]> parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length + 1;
    }
    byte[] path = new byte[Math.max(0, length - 1)];
    int at = 0;
    for (byte[] part : parts) {
      if (at > 0) {
        path[at++] = '/';
      }
      System.arraycopy(part, 0, path, at, part.length);
      at += part.length;
    }
    return at == path.length ? path : Arrays.copyOf(path, at);
  }

  /** Whether a directory is asked for. */
  static boolean endsWithSlash(byte[] path) {
    return path.length > 0 && path[path.length - 1] == '/';
  }

  /** What is before the last '/'; empty when there is none. */
  static byte[] parent(byte[] path) {
    int slash = lastSlash(path);
    return slash < 0 ? NONE : Arrays.copyOf(path, slash);
  }

  /** What is behind the last '/'. */
  static byte[] name(byte[] path) {
    return Arrays.copyOfRange(path, lastSlash(path) + 1, path.length);
  }

  private static int lastSlash(byte[] path) {
    int i = path.length - 1;
    while (i >= 0 && path[i] != '/') {
      i--;
    }
    return i;
  }

  static boolean isHere(byte[] path) {
    return path.length == 1 && path[0] == '.';
  }

  static boolean endsWith(byte[] path, String end) {
    int from = path.length - end.length();
    if (from < 0) {
      return false;
    }
    for (int i = 0; i < end.length(); i++) {
      if (path[from + i] != end.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The order in which directories are walked: each, then those in it, by their bytes, and a name
   * that is another's beginning as if a slash followed it (as rsync has it: {@code a.b}, {@code a},
   * {@code a/c}, {@code a0}).
   */
  static int compareInTree(byte[] one, byte[] other) {
    int at = Arrays.mismatch(one, other);
    if (at < 0) {
      return 0;
    }
    int order = Integer.compare(rank(one, at), rank(other, at));
    // Equal where one goes on below the other.
    return order != 0 ? order : Integer.compare(one.length, other.length);
  }

  private static int rank(byte[] path, int at) {
    if (at < path.length) {
      return path[at] & 0xff;
    }
    return at == 0 ? 0 : '/'; // the root is before everything
  }

  /** The root of the copy as the empty path, as everything else is below it. */
  static byte[] below(byte[] shown) {
    return isHere(shown) ? NONE : shown;
  }

  /** Whether a path is another one, or below it. */
  static boolean isAtOrBelow(byte[] path, byte[] other) {
    return path.length >= other.length
        && Arrays.equals(path, 0, other.length, other, 0, other.length)
        && (path.length == other.length || other.length == 0 || path[other.length] == '/');
  }

  /**
   * A path from a directory on that does not stand, so that nothing but its text says where ".."
   * leads.
   */
  static byte[] fromMissing(byte[] directory, byte[] path) {
    List<byte[]> names = new ArrayList<>();
    for (byte[] name : Names.components(join(directory, path))) {
      if (name.length == 0 || isHere(name)) {
        continue;
      }
      if (isAbove(name) && !names.isEmpty() && !isAbove(names.getLast())) {
        names.removeLast();
      } else {
        names.add(name);
      }
    }
    byte[] whole = directory[0] == '/' ? concat(new byte[] {'/'}, joined(names)) : joined(names);
    return whole.length == 0 ? HERE : whole;
  }

  /** Whether a name is "..". */
  static boolean isAbove(byte[] name) {
    return name.length == 2 && name[0] == '.' && name[1] == '.';
  }

  static byte[] concat(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  /** The errors after which a name is as good as not there. */
  static boolean isGone(LinuxException e) {
    return switch (e.errno()) {
      case Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EXDEV -> true;
      default -> false;
    };
  }
}
