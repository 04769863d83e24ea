package dev.godwit.sync;

import dev.godwit.linux.Names;
import dev.godwit.wire.WireException;
import java.util.Arrays;

/**
 * A path below the root of a tree: names with '/' between; empty for the root itself. Every
 * component is a proper name, so a path that exists cannot lead out of the tree by itself (H38).
 */
final class TreePath {
  static final TreePath ROOT = new TreePath(new byte[0]);

  /** Deeper or longer trees are refused; a limit for what a peer may send. */
  static final int BYTES_MAX = 32 * 1024;

  private final byte[] bytes;
  private final int hash;

  private TreePath(byte[] bytes) {
    this.bytes = bytes;
    this.hash = Arrays.hashCode(bytes);
  }

  /**
   * @throws IllegalArgumentException when a component is empty, ".", "..", too long or holds NUL
   */
  static TreePath of(byte[] path) {
    if (path.length == 0) {
      return ROOT;
    }
    if (path.length > BYTES_MAX) {
      throw new IllegalArgumentException("a path of " + path.length + " bytes");
    }
    if (!Names.isPathBelow(path)) {
      throw new IllegalArgumentException("not a path below a tree: " + Names.display(path));
    }
    return new TreePath(path.clone());
  }

  /** As {@link #of}, for what a peer sent. */
  static TreePath received(byte[] path) throws WireException {
    try {
      return of(path);
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: " + e.getMessage(), e);
    }
  }

  TreePath child(byte[] name) {
    if (bytes.length == 0) {
      return new TreePath(name.clone());
    }
    byte[] path = Arrays.copyOf(bytes, bytes.length + 1 + name.length);
    path[bytes.length] = '/';
    System.arraycopy(name, 0, path, bytes.length + 1, name.length);
    return new TreePath(path);
  }

  /** What leads here from a directory that this is in, or is. */
  byte[] below(TreePath above) {
    int from = above.isRoot() ? 0 : Math.min(bytes.length, above.bytes.length + 1);
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  boolean isRoot() {
    return bytes.length == 0;
  }

  TreePath parent() {
    int slash = lastSlash();
    return slash < 0 ? ROOT : new TreePath(Arrays.copyOf(bytes, slash));
  }

  byte[] name() {
    return Arrays.copyOfRange(bytes, lastSlash() + 1, bytes.length);
  }

  private int lastSlash() {
    int i = bytes.length - 1;
    while (i >= 0 && bytes[i] != '/') {
      i--;
    }
    return i;
  }

  /** Not a copy; not to be written to. */
  byte[] bytes() {
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TreePath path && Arrays.equals(bytes, path.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** For people. */
  @Override
  public String toString() {
    return bytes.length == 0 ? "." : Names.display(bytes);
  }
}
