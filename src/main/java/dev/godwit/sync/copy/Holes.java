package dev.godwit.sync.copy;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;

/** Copies a file so that what is a hole in it, or only zeros, takes no room in the copy. */
final class Holes {
  private static final int BLOCK = 4096;

  /** Told of each piece of content that was written. */
  interface Progress {
    Progress NONE = (position, count) -> {};

    /**
     * @param position where the piece ends
     * @param count how long it is
     */
    void came(long position, int count);
  }

  private Holes() {}

  /**
   * @param makesHoles whether blocks of zeros become holes too (-S)
   * @param overwrites whether the target has other content, which must not stay where holes are
   * @param progress may throw what ends the copy
   * @return where the content ended
   */
  static long copy(
      FileHandle source,
      FileHandle target,
      long from,
      long size,
      boolean makesHoles,
      boolean overwrites,
      Progress progress)
      throws LinuxException {
    byte[] data = new byte[FileHandle.CHUNK_BYTES];
    long position = from;
    while (position < size) {
      long begin = source.nextData(position);
      if (begin < 0 || begin >= size) {
        break; // a hole to the end
      }
      if (overwrites && begin > position) {
        clear(target, position, begin - position);
      }
      long end = Math.min(size, source.nextHole(begin));
      position = begin;
      while (position < end) {
        int count = source.read(data, 0, (int) Math.min(data.length, end - position), position);
        if (count == 0) {
          return position; // shorter by now
        }
        if (overwrites && makesHoles) {
          clear(target, position, count);
        }
        write(target, data, 0, count, position, makesHoles);
        position += count;
        progress.came(position, count);
      }
    }
    if (overwrites && position < size) {
      clear(target, position, size - position);
    }
    target.truncate(size);
    return size;
  }

  /** Writes a piece of content; what is passed over must be a hole already. */
  static void write(
      FileHandle target, byte[] data, int offset, int count, long position, boolean makesHoles)
      throws LinuxException {
    if (!makesHoles) {
      target.writeAt(data, offset, count, position);
      return;
    }
    int end = offset + count;
    int at = offset;
    while (at < end) {
      int from = at;
      boolean isHole = isZero(data, at, end);
      while (at < end && isZero(data, at, end) == isHole) {
        at = Math.min(end, at + BLOCK);
      }
      if (!isHole) {
        target.writeAt(data, from, at - from, position + from - offset);
      }
    }
  }

  /** Makes a range of a file that has content read as zeros. */
  static void clear(FileHandle target, long position, long length) throws LinuxException {
    if (target.punchHole(position, length)) {
      return;
    }
    byte[] zeros = new byte[FileHandle.CHUNK_BYTES];
    for (long done = 0; done < length; done += zeros.length) {
      target.writeAt(zeros, 0, (int) Math.min(zeros.length, length - done), position + done);
    }
  }

  private static boolean isZero(byte[] data, int from, int end) {
    int to = Math.min(end, from + BLOCK);
    for (int i = from; i < to; i++) {
      if (data[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
