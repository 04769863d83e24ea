package dev.godwit.sync.content;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Finds a chunk of the target by its hash. What is in it comes from the peer: places depend on a
 * key that the peer's content could not, a look goes over a bounded number of places, and there is
 * an end to how much it takes (H42). Chunks that find no room are as if they were not there.
 */
final class ChunkIndex {
  /** 40 bytes each, with room to spare. */
  private static final int CHUNKS_MAX = 1 << 20;

  private static final int PROBES_MAX = 32;
  private static final int PLACES_MIN = 1 << 10;
  private static final long NONE = -1;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final long salt;
  private long[] highs = new long[0];
  private long[] lows = new long[0];
  private long[] offsets = new long[0];
  private int[] lengths = new int[0];
  private int count;

  ChunkIndex(long salt) {
    this.salt = salt | 1;
    allocate(PLACES_MIN);
  }

  private void allocate(int places) {
    highs = new long[places];
    lows = new long[places];
    lengths = new int[places];
    offsets = new long[places];
    Arrays.fill(offsets, NONE);
  }

  /**
   * Adds a chunk; of equal ones the first stays.
   *
   * @param hashes has its hash at {@code at}
   * @param offset where the target has it
   */
  void add(byte[] hashes, int at, int length, long offset) {
    if (count >= CHUNKS_MAX) {
      return;
    }
    if (2 * count >= highs.length) {
      grow();
    }
    put((long) LONG.get(hashes, at), (long) LONG.get(hashes, at + Long.BYTES), length, offset);
  }

  private void put(long high, long low, int length, long offset) {
    int place = place(high, low);
    for (int i = 0; i < PROBES_MAX; i++) {
      if (offsets[place] == NONE) {
        highs[place] = high;
        lows[place] = low;
        lengths[place] = length;
        offsets[place] = offset;
        count++;
        return;
      }
      if (highs[place] == high && lows[place] == low && lengths[place] == length) {
        return;
      }
      place = (place + 1) & (highs.length - 1);
    }
  }

  private void grow() {
    long[] oldHighs = highs;
    long[] oldLows = lows;
    long[] oldOffsets = offsets;
    int[] oldLengths = lengths;
    allocate(2 * oldHighs.length);
    count = 0;
    for (int i = 0; i < oldHighs.length; i++) {
      if (oldOffsets[i] != NONE) {
        put(oldHighs[i], oldLows[i], oldLengths[i], oldOffsets[i]);
      }
    }
  }

  /**
   * Where the target has such a chunk; -1 when it has none.
   *
   * @param hashes has its hash at {@code at}
   */
  long find(byte[] hashes, int at, int length) {
    long high = (long) LONG.get(hashes, at);
    long low = (long) LONG.get(hashes, at + Long.BYTES);
    int place = place(high, low);
    for (int i = 0; i < PROBES_MAX && offsets[place] != NONE; i++) {
      if (highs[place] == high && lows[place] == low && lengths[place] == length) {
        return offsets[place];
      }
      place = (place + 1) & (highs.length - 1);
    }
    return NONE;
  }

  private int place(long high, long low) {
    long mixed = (high ^ salt) * 0x9e3779b97f4a7c15L + low * salt;
    mixed ^= mixed >>> 32;
    return (int) (mixed * 0xff51afd7ed558ccdL >>> 32) & (highs.length - 1);
  }
}
