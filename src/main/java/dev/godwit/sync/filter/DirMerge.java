package dev.godwit.sync.filter;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A per-directory merge file: its rules stand in the list where this does.
 *
 * @param flags for reading the file, and for the rules in it
 * @param path as it was written
 * @param name the file's, in each directory
 * @param start the directory from which on the directories above the transfer are read too, as it
 *     was written; null: none of them
 * @param slot where a scope keeps what it read
 */
@SuppressWarnings("ArrayRecordComponent") // compared by name, in one place
record DirMerge(int flags, byte[] path, byte[] name, byte @Nullable [] start, int slot)
    implements Node {

  static DirMerge of(int flags, byte[] path, int slot) {
    int from = nameAt(path);
    byte[] start = from == 0 ? null : Arrays.copyOf(path, from);
    return new DirMerge(flags, path, Arrays.copyOfRange(path, from, path.length), start, slot);
  }

  /** Where the last component of a path begins. */
  static int nameAt(byte[] path) {
    int from = path.length;
    while (from > 0 && path[from - 1] != '/') {
      from--;
    }
    return from;
  }

  boolean isInherited() {
    return (flags & RuleFlags.NOT_INHERITED) == 0;
  }

  /**
   * @param side one of {@link RuleFlags#SIDES}
   */
  boolean isFor(int side) {
    return RuleFlags.isFor(flags, side);
  }
}
