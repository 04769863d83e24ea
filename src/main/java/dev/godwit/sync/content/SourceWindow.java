package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import org.jspecify.annotations.Nullable;

/**
 * Goes over a file from a position on and has some of it in memory. What it reads it can hash for
 * the sum of the whole file on the way. One thread at a time.
 */
final class SourceWindow {
  private static final int READ_BYTES = 256 << 10;

  private final RandomReader file;
  private final long size;
  private final int groupSize;
  private final RangeHash leafHash;
  private final byte[] leaf = new byte[RangeHash.BYTES];
  private final byte[] bytes;
  private long from;
  private int filled;

  private @Nullable WholeHash whole;
  private long hashedTo = Long.MAX_VALUE;

  /**
   * @param unit the most that is asked for at once, in bytes
   */
  SourceWindow(RandomReader file, long size, int groupSize, int unit, RangeHash leafHash) {
    this.file = file;
    this.size = size;
    this.groupSize = groupSize;
    this.leafHash = leafHash;
    bytes = new byte[(int) Math.min(size, (long) groupSize + unit + READ_BYTES)];
  }

  /**
   * All groups from here to the end of the file are hashed as they are read.
   *
   * @param position where a group begins; what is asked for from now on begins before it
   */
  void hashFrom(long position, WholeHash into) {
    whole = into;
    hashedTo = position;
    filled = 0;
  }

  /**
   * Has a range in memory. What is before it may be gone then.
   *
   * @return false when the file ends too early
   */
  boolean has(long position, int length) throws LinuxException {
    long end = from + filled;
    if (position >= from && position + length <= end) {
      return true;
    }
    long keptFrom = Math.min(position, hashedTo);
    if (keptFrom >= from && keptFrom < end) {
      int gone = (int) (keptFrom - from);
      filled -= gone;
      System.arraycopy(bytes, gone, bytes, 0, filled);
    } else {
      filled = 0;
    }
    from = keptFrom;
    end = from + filled;
    int room = (int) Math.min(bytes.length - filled, size - end);
    filled += file.readFully(end, bytes, filled, room);
    hash();
    return position + length <= from + filled;
  }

  private void hash() {
    while (whole != null && hashedTo < size) {
      int length = (int) Math.min(groupSize, size - hashedTo);
      if (hashedTo + length > from + filled) {
        return;
      }
      leafHash.hash(bytes, at(hashedTo), length, leaf, 0);
      whole.add(leaf, 0, leaf.length);
      hashedTo += length;
    }
  }

  /** In what is in memory. */
  byte[] bytes() {
    return bytes;
  }

  int at(long position) {
    return (int) (position - from);
  }

  /** How much from a position on is in memory. */
  int lengthFrom(long position) {
    return (int) (from + filled - position);
  }
}
