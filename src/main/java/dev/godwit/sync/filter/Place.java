package dev.godwit.sync.filter;

import java.util.Arrays;

/**
 * The directory that names are in. Both paths are without a '/' in front, and end with one unless
 * they are empty.
 *
 * @param root the absolute path of the transfer's root
 * @param path of the directory, from the transfer's root on
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Place(byte[] root, byte[] path) {
  static final byte[] NO_PATH = {};
  static final Place ROOT = new Place(NO_PATH, NO_PATH);

  /** A directory here. */
  Place enter(byte[] name) {
    return new Place(root, join(path, name));
  }

  /** How many directories there are from the root to this one. */
  int depth() {
    int depth = 0;
    for (byte c : path) {
      depth += c == '/' ? 1 : 0;
    }
    return depth;
  }

  /** The form that paths have here: of an absolute path, by its text alone. */
  static byte[] normal(byte[] path) {
    byte[] normal = new byte[path.length + 1];
    int length = 0;
    int from = 0;
    for (int i = 0; i <= path.length; i++) {
      if (i < path.length && path[i] != '/') {
        continue;
      }
      int size = i - from;
      if (size == 2 && path[from] == '.' && path[from + 1] == '.') {
        length = parent(normal, length);
      } else if (size > 1 || size == 1 && path[from] != '.') {
        System.arraycopy(path, from, normal, length, size);
        length += size;
        normal[length++] = '/';
      }
      from = i + 1;
    }
    return Arrays.copyOf(normal, length);
  }

  /** How long the path without its last component is. */
  private static int parent(byte[] path, int length) {
    int at = length - 1;
    while (at > 0 && path[at - 1] != '/') {
      at--;
    }
    return Math.max(at, 0);
  }

  /** So many directories up. */
  static byte[] ancestor(byte[] path, int levels) {
    int length = path.length;
    for (int i = 0; i < levels; i++) {
      length = parent(path, length);
    }
    return Arrays.copyOf(path, length);
  }

  /** With the '/' in front. */
  static byte[] absolute(byte[] path) {
    return concat(Glob.SLASH, path);
  }

  static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** A path and a name in it, with a '/' at the end. */
  static byte[] join(byte[] path, byte[] name) {
    byte[] joined = Arrays.copyOf(path, path.length + name.length + 1);
    System.arraycopy(name, 0, joined, path.length, name.length);
    joined[joined.length - 1] = '/';
    return joined;
  }

  /**
   * Whether the text made of three parts, {@code second} from {@code from} on, ends with a suffix
   * that begins with a component.
   *
   * @param isWhole whether nothing may be in front of it
   */
  static boolean endsWith(
      byte[] suffix, boolean isWhole, byte[] first, byte[] second, int from, byte[] third) {
    int length = first.length + second.length - from + third.length;
    if (isWhole ? suffix.length != length : suffix.length > length) {
      return false;
    }
    for (int i = 1; i <= suffix.length; i++) {
      if (suffix[suffix.length - i] != fromEnd(i, first, second, from, third)) {
        return false;
      }
    }
    return suffix.length == length || fromEnd(suffix.length + 1, first, second, from, third) == '/';
  }

  private static byte fromEnd(int i, byte[] first, byte[] second, int from, byte[] third) {
    if (i <= third.length) {
      return third[third.length - i];
    }
    int rest = i - third.length;
    int secondLength = second.length - from;
    return rest <= secondLength
        ? second[second.length - rest]
        : first[first.length - (rest - secondLength)];
  }
}
