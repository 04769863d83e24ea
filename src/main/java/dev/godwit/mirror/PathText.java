package dev.godwit.mirror;

import dev.godwit.linux.Names;
import java.nio.charset.StandardCharsets;

/**
 * Paths below the root as Latin-1 strings, one char a byte: small map keys that hold every name.
 * For people there is {@code linux.Names.display}.
 */
final class PathText {
  private PathText() {}

  static String of(byte[] path) {
    return new String(path, StandardCharsets.ISO_8859_1);
  }

  static byte[] bytes(String path) {
    return path.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String join(byte[] directory, byte[] name) {
    return directory.length == 0 ? of(name) : of(directory) + "/" + of(name);
  }

  static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  /** The directory of a path; empty for a name in the root. */
  static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** How many directories a path goes through. */
  static int depth(String path) {
    return (int) path.chars().filter(c -> c == '/').count();
  }

  static boolean isAtOrBelow(String path, String other) {
    return path.startsWith(other)
        && (path.length() == other.length()
            || other.isEmpty()
            || path.charAt(other.length()) == '/');
  }

  /** For people. */
  static String shown(String path) {
    return Report.shortened(Names.display(bytes(path)));
  }
}
