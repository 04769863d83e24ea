package dev.godwit.sync.content;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Blocks of the basis, to be found by their {@link Anchor}, in the order in which they were told.
 * What is in it comes from the peer: places depend on a key that the peer's content could not, a
 * look goes over a bounded number of places and of blocks, and there is an end to how much it takes
 * (H42). Blocks that find no room are as if they were not there. One thread at a time.
 */
final class BlockIndex {
  /** Of a block on the line: its anchor, then its hash. */
  static final int BYTES = Integer.BYTES + RangeHash.BYTES;

  /** 45 bytes each. */
  private static final int BLOCKS_MAX = 1 << 20;

  private static final int PROBES_MAX = 32;

  /** Blocks that begin alike and go on differently: more of them are not told apart. */
  private static final int SAME_ANCHOR_MAX = 8;

  private static final int BLOCKS_MIN = 1 << 9;
  private static final int PLACES_A_BLOCK = 2;
  private static final int FILTER_BITS_A_BLOCK = 16;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final int salt;

  // Of each block.
  private int[] anchors = new int[BLOCKS_MIN];
  private long[] highs = new long[BLOCKS_MIN];
  private long[] lows = new long[BLOCKS_MIN];
  private long[] offsets = new long[BLOCKS_MIN];
  private int[] lengths = new int[BLOCKS_MIN];
  private int[] others = new int[BLOCKS_MIN]; // the next with the same anchor, as in places
  private int count;

  /** The number of the first block with an anchor, plus one. */
  private int[] places = new int[PLACES_A_BLOCK * BLOCKS_MIN];

  private long[] filter = new long[FILTER_BITS_A_BLOCK * BLOCKS_MIN / Long.SIZE];

  BlockIndex(long salt) {
    this.salt = (int) salt | 1;
  }

  /**
   * Adds the block that follows the one added before, or begins another range.
   *
   * @param told has its anchor and its hash at {@code at}; blocks shorter than an anchor's window
   *     are found by the block before them only
   * @param offset where the basis has it
   */
  void add(byte[] told, int at, int length, long offset) {
    if (count == BLOCKS_MAX) {
      return;
    }
    if (count == anchors.length) {
      grow();
    }
    int number = count++;
    anchors[number] = (int) INT.get(told, at);
    highs[number] = (long) LONG.get(told, at + Integer.BYTES);
    lows[number] = (long) LONG.get(told, at + Integer.BYTES + Long.BYTES);
    offsets[number] = offset;
    lengths[number] = length;
    place(number);
  }

  private void place(int number) {
    others[number] = 0;
    if (lengths[number] < Anchor.WINDOW) {
      return;
    }
    int anchor = anchors[number];
    int place = firstPlace(anchor);
    for (int i = 0; i < PROBES_MAX; i++) {
      int there = places[place];
      if (there == 0) {
        places[place] = number + 1;
        filter[(anchor >>> 6) & (filter.length - 1)] |= 1L << anchor;
        return;
      }
      if (anchors[there - 1] == anchor) {
        append(number, there - 1);
        return;
      }
      place = (place + 1) & (places.length - 1);
    }
  }

  private void append(int number, int first) {
    int same = first;
    for (int i = 1; i < SAME_ANCHOR_MAX; i++) {
      if (highs[same] == highs[number]
          && lows[same] == lows[number]
          && lengths[same] == lengths[number]) {
        return; // of equal ones the first is as good
      }
      if (others[same] == 0) {
        others[same] = number + 1;
        return;
      }
      same = others[same] - 1;
    }
  }

  private int firstPlace(int anchor) {
    return (anchor * salt) >>> (Integer.SIZE - Integer.numberOfTrailingZeros(places.length));
  }

  private void grow() {
    int room = 2 * count;
    anchors = Arrays.copyOf(anchors, room);
    highs = Arrays.copyOf(highs, room);
    lows = Arrays.copyOf(lows, room);
    offsets = Arrays.copyOf(offsets, room);
    lengths = Arrays.copyOf(lengths, room);
    others = new int[room];
    places = new int[PLACES_A_BLOCK * room];
    filter = new long[FILTER_BITS_A_BLOCK * room / Long.SIZE];
    for (int number = 0; number < count; number++) {
      place(number);
    }
  }

  /** For {@link Anchor#seek}. It changes when a block is added. */
  long[] filter() {
    return filter;
  }

  /** The first block with this anchor; -1 when there is none. */
  int first(int anchor) {
    int place = firstPlace(anchor);
    for (int i = 0; i < PROBES_MAX; i++) {
      int there = places[place] - 1;
      if (there < 0 || anchors[there] == anchor) {
        return there;
      }
      place = (place + 1) & (places.length - 1);
    }
    return -1;
  }

  /** Another block with the same anchor; -1 when there is none. */
  int other(int number) {
    return others[number] - 1;
  }

  /** The block that begins where this one ends; -1 when that is not known. */
  int following(int number) {
    int next = number + 1;
    return next < count && offsets[next] == end(number) ? next : -1;
  }

  int length(int number) {
    return lengths[number];
  }

  /** Where the basis has it. */
  long offset(int number) {
    return offsets[number];
  }

  long end(int number) {
    return offsets[number] + lengths[number];
  }

  boolean hasHash(int number, byte[] hash) {
    return highs[number] == (long) LONG.get(hash, 0)
        && lows[number] == (long) LONG.get(hash, Long.BYTES);
  }
}
