package dev.godwit.sync;

import dev.godwit.linux.Names;

/**
 * One difference between two trees.
 *
 * @param path below both roots
 * @param what for people: {@code only on old (this host)}, {@code content}, {@code owner 0:0 and
 *     33:33}
 */
@SuppressWarnings("ArrayRecordComponent") // the path is bytes; differences are never compared
public record Difference(byte[] path, String what) {
  @Override
  public String toString() {
    return (path.length == 0 ? "." : Names.display(path)) + ": " + what;
  }
}
