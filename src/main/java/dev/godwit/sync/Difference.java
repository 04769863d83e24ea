package dev.godwit.sync;

import dev.godwit.linux.Names;
import java.util.List;

/**
 * One difference between two trees.
 *
 * @param path below both roots
 * @param what for people: {@code only on old (this host)}, {@code content}, {@code owner 0:0 and
 *     33:33}
 * @param seen SHA-256 of what was seen at the name on either side: the same as long as nothing
 *     about it changes
 * @param sameFile names that are told to be the same file on either side
 */
@SuppressWarnings("ArrayRecordComponent") // the path is bytes; differences are never compared
public record Difference(byte[] path, String what, byte[] seen, List<byte[]> sameFile) {
  public Difference {
    sameFile = List.copyOf(sameFile);
  }

  @Override
  public String toString() {
    return shownPath() + ": " + what;
  }

  /** The path for people. */
  public String shownPath() {
    return path.length == 0 ? "." : Names.display(path);
  }
}
