package dev.godwit.linux;

import java.nio.charset.StandardCharsets;

/** Paths below a root as Latin-1 strings, one char a byte: small map keys that hold every name. */
public final class PathText {
  private PathText() {}

  public static String of(byte[] path) {
    return new String(path, StandardCharsets.ISO_8859_1);
  }

  public static byte[] bytes(String path) {
    return path.getBytes(StandardCharsets.ISO_8859_1);
  }

  public static String join(byte[] directory, byte[] name) {
    return directory.length == 0 ? of(name) : of(directory) + "/" + of(name);
  }

  public static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  /** The directory of a path; empty for a name in the root. */
  public static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  public static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** How many directories a path goes through. */
  public static int depth(String path) {
    return (int) path.chars().filter(c -> c == '/').count();
  }

  /** The first directory, or name, on the way from a directory to a path below it. */
  public static String firstBelow(String path, String directory) {
    int slash = path.indexOf('/', directory.isEmpty() ? 0 : directory.length() + 1);
    return slash < 0 ? path : path.substring(0, slash);
  }

  public static boolean isAtOrBelow(String path, String other) {
    return path.startsWith(other)
        && (path.length() == other.length()
            || other.isEmpty()
            || path.charAt(other.length()) == '/');
  }

  /** By the encoding of plans and of Java's own paths. */
  public static String utf8(String path) {
    return new String(bytes(path), StandardCharsets.UTF_8);
  }

  /** For people. */
  public static String display(String path) {
    return Names.display(bytes(path));
  }
}
