package dev.godwit.sync.copy;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.DeltaShape;
import java.util.Arrays;

/**
 * Writes over a file of this host where it differs from another one, and nowhere else: what is
 * equal stays what a snapshot or a clone of it shares ({@code --inplace --no-whole-file}). For one
 * thread.
 */
final class ChangedBlocks {
  private final FileHandle source;
  private final FileHandle target;
  private final byte[] data = new byte[FileHandle.CHUNK_BYTES];
  private final byte[] old = new byte[FileHandle.CHUNK_BYTES];

  /** How much of what was asked for stood there, in bytes. */
  private long matched;

  ChangedBlocks(FileHandle source, FileHandle target) {
    this.source = source;
    this.target = target;
  }

  long matched() {
    return matched;
  }

  /**
   * Makes a piece, or the beginning of it, equal.
   *
   * @return how many bytes; 0 when the source ends there by now
   */
  int copy(long position, long length) throws LinuxException {
    int count = source.read(data, 0, (int) Math.min(data.length, length), position);
    int there = count == 0 ? 0 : target.read(old, 0, count, position);
    int at = 0;
    while (at < count) {
      int from = at;
      boolean isEqual = isEqual(at, count, there);
      while (at < count && isEqual(at, count, there) == isEqual) {
        at = blockEnd(at, count);
      }
      if (isEqual) {
        matched += at - from;
      } else {
        target.writeAt(data, from, at - from, position + from);
      }
    }
    return count;
  }

  private static int blockEnd(int at, int count) {
    return Math.min(count, at + DeltaShape.BLOCK_BYTES_USUAL);
  }

  private boolean isEqual(int at, int count, int there) {
    int end = blockEnd(at, count);
    return end <= there && Arrays.equals(data, at, end, old, at, end);
  }
}
