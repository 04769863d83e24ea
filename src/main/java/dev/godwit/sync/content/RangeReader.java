package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads ranges of a file to be hashed: where the kernel has put them, as long as it gives all of a
 * range at once. One thread at a time.
 */
final class RangeReader {
  private final RandomReader file;
  private byte[] own = {};

  RangeReader(RandomReader file) {
    this.file = file;
  }

  /**
   * Reads a range.
   *
   * @return all of it, until this thread reads or writes any file; null when the file ends too
   *     early
   */
  @Nullable MemorySegment read(long position, int length) throws LinuxException {
    MemorySegment first = file.look(position, length);
    int count = (int) first.byteSize();
    if (count == length) {
      return first;
    }
    MemorySegment all = own(length);
    MemorySegment.copy(first, ValueLayout.JAVA_BYTE, 0, own, 0, count);
    int rest = length - count;
    boolean isWhole = count > 0 && file.readFully(position + count, own, count, rest) == rest;
    return isWhole ? all : null;
  }

  /** The same of a range that is known to be zeros. */
  MemorySegment zeros(int length) {
    MemorySegment all = own(length);
    Arrays.fill(own, 0, length, (byte) 0);
    return all;
  }

  private MemorySegment own(int length) {
    if (own.length < length) {
      own = new byte[length];
    }
    return MemorySegment.ofArray(own).asSlice(0, length);
  }
}
