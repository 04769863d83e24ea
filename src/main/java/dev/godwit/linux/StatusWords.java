package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * Many struct statx (statx(2)) as words of 64 bits, as {@link FileStatus#read} knows one of them.
 */
final class StatusWords {
  /**
   * Type, permissions, number of names, owner, group, times of modification and change, size, and
   * the mount's id.
   */
  static final int MASK = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x80 | 0x200 | 0x1000;

  static final int BYTES = 256;

  /** Of one status. */
  static final int WORDS = BYTES / 8;

  private final MemorySegment memory;
  private final LongBuffer view;
  private final long[] words;

  StatusWords(int count) {
    memory = Arena.ofAuto().allocate((long) count * BYTES, 8);
    view = memory.asByteBuffer().order(ByteOrder.nativeOrder()).asLongBuffer();
    words = new long[count * WORDS];
  }

  long address() {
    return memory.address();
  }

  /** Takes over the first of them from where calls have put them. */
  void take(int count) {
    view.get(0, words, 0, count * WORDS);
  }

  // Of the status that begins at a word.

  int mode(int at) {
    return (int) (words[at + 3] >>> 32) & 0xffff;
  }

  boolean isRegular(int at) {
    return (mode(at) & FileStatus.TYPE) == 0100000;
  }

  int links(int at) {
    return (int) words[at + 2];
  }

  int owner(int at) {
    return (int) (words[at + 2] >>> 32);
  }

  int group(int at) {
    return (int) words[at + 3];
  }

  long size(int at) {
    return words[at + 5];
  }

  /** Since 1970, as {@link FileStatus#ctimeTotalNanos}. */
  long changedNanos(int at) {
    return words[at + 12] * 1_000_000_000 + (int) words[at + 13];
  }

  /** Since 1970, as {@link FileStatus#mtimeTotalNanos}. */
  long modifiedNanos(int at) {
    return seconds(at) * 1_000_000_000 + nanos(at);
  }

  /** As {@link FileStatus#isOnMountOf}. */
  boolean isOnMountOf(FileStatus directory, int at) {
    return FileStatus.number(words[at + 17]) == directory.device()
        && words[at + 18] == directory.mount();
  }

  long seconds(int at) {
    return words[at + 14];
  }

  int nanos(int at) {
    return (int) words[at + 15];
  }
}
