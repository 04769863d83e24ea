package dev.godwit.sync.content;

/**
 * A hash of {@link #WINDOW} bytes that is known for the next position from the one before (the gear
 * hash of FastCDC, Xia et al., USENIX ATC 2016): where a block may begin. It says little; a {@link
 * RangeHash} of the block says the rest. Its table depends on the session's key, so that nobody has
 * written content that it fails for. Immutable.
 */
final class Anchor {
  /** Bytes that a hash is of: each moves out of its 64 bits after so many others. */
  static final int WINDOW = Long.SIZE;

  private static final int VALUES = 1 << Byte.SIZE;

  private final long[] gear = new long[VALUES];

  /** SplitMix64 (Steele et al., 2014) from the seed on. */
  Anchor(long seed) {
    long state = seed;
    for (int i = 0; i < VALUES; i++) {
      state += 0x9e3779b97f4a7c15L;
      long z = state;
      z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
      z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
      gear[i] = z ^ (z >>> 31);
    }
  }

  /** The hash of the window that begins there. */
  long hash(byte[] data, int offset) {
    long hash = 0;
    for (int i = offset; i < offset + WINDOW; i++) {
      hash = (hash << 1) + gear[data[i] & 0xff];
    }
    return hash;
  }

  /** What goes over the line: the upper bits depend on the most bytes. */
  static int of(long hash) {
    return (int) (hash >>> Integer.SIZE);
  }

  /**
   * The first position whose anchor a filter lets through. A method and a loop of its own, in this
   * form, as C1 compiles it best.
   *
   * @param offset where the first window begins
   * @param end behind the last position to try; its window is in {@code data}, too
   * @param filter a bit for each of its anchors, by their lower bits; a power of two long
   * @return {@code end} if there is none
   */
  int seek(byte[] data, int offset, int end, long[] filter) {
    if (offset >= end) {
      return end;
    }
    long[] table = gear;
    int mask = filter.length - 1;
    long hash = hash(data, offset);
    for (int i = offset; i < end; i++) {
      int anchor = (int) (hash >>> Integer.SIZE);
      if ((filter[(anchor >>> 6) & mask] >>> anchor & 1) != 0) {
        return i;
      }
      hash = (hash << 1) + table[data[i + WINDOW] & 0xff];
    }
    return end;
  }
}
