package dev.godwit.sync.content;

import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which bytes of a file have been written. Whole blocks take a bit each, so that it stays small for
 * any file; what is less than a block is kept exactly. One thread at a time.
 */
final class Overwritten {
  private final int blockSize;
  private final BitSet blocks = new BitSet();
  private final TreeMap<Long, Long> parts = new TreeMap<>();

  Overwritten(int blockSize) {
    this.blockSize = blockSize;
  }

  void add(long from, long to) {
    long first = Math.ceilDiv(from, (long) blockSize);
    long last = to / blockSize;
    if (first <= last) {
      blocks.set(Math.toIntExact(first), Math.toIntExact(last));
      addPart(from, Math.min(to, first * blockSize));
      addPart(Math.max(from, last * blockSize), to);
    } else {
      addPart(from, to);
    }
  }

  private void addPart(long from, long to) {
    if (from >= to) {
      return;
    }
    long start = from;
    long end = to;
    Map.Entry<Long, Long> before = parts.floorEntry(start);
    if (before != null && before.getValue() >= start) {
      start = before.getKey();
      end = Math.max(end, before.getValue());
    }
    Map.Entry<Long, Long> next = parts.ceilingEntry(start);
    while (next != null && next.getKey() <= end) {
      end = Math.max(end, next.getValue());
      parts.remove(next.getKey());
      next = parts.ceilingEntry(start);
    }
    parts.put(start, end);
  }

  /** Whether any byte of a range has been written. */
  boolean touches(long from, long to) {
    if (from >= to) {
      return false;
    }
    int block = blocks.nextSetBit(Math.toIntExact(from / blockSize));
    if (block >= 0 && (long) block * blockSize < to) {
      return true;
    }
    Map.Entry<Long, Long> before = parts.lowerEntry(to);
    return before != null && before.getValue() > from;
  }
}
