package dev.godwit.sync.content;

import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Which blocks of the source the basis has at the same place: of a group whose hashes are equal
 * all, of others those that are found equal when the target tells their hashes. Knows both files as
 * far as both have groups; what of the source is behind that is new. One thread at a time.
 */
final class BlockMap {
  /** Groups that are asked for at once; bounds what is asked in vain where content has moved. */
  private static final int ASKED_MAX = 4096;

  /**
   * After so many groups without an equal block only every so many-th is asked for; the others
   * count as different too. It costs nothing but the search for moved content if they are not.
   */
  private static final int LONG_RUN_GROUPS = 16;

  private static final char ALL_DIFFERENT = Character.MAX_VALUE;

  private final DeltaShape shape;
  private final long size;
  private final int groups; // that both have
  private final byte[] own;
  private final byte[] theirs;
  private int ownCount;
  private int theirCount;

  /** A bit for each block, set where it differs. */
  private final char[] differing;

  private int compared;
  private final IntQueue asked = new IntQueue();
  private final IntQueue toAsk = new IntQueue();
  private int answeredTo;
  private int differentFrom;

  BlockMap(DeltaShape shape, long size) {
    this.shape = shape;
    this.size = size;
    groups = Math.min(shape.groups(), shape.groupsOf(size));
    own = new byte[groups * RangeHash.BYTES];
    theirs = new byte[groups * RangeHash.BYTES];
    differing = new char[groups];
  }

  /** Takes the hashes of the source's next groups. */
  void have(byte[] sums) {
    ownCount = take(sums, own, ownCount);
  }

  /** Takes the hashes of the basis' next groups. */
  void told(byte[] sums) throws WireException {
    if (sums.length % RangeHash.BYTES != 0
        || sums.length / RangeHash.BYTES > shape.groups() - theirCount) {
      throw new WireException(
          "malformed delta: " + sums.length + " bytes of hashes after " + theirCount);
    }
    theirCount = take(sums, theirs, theirCount);
  }

  /** What the other file does not have is only counted. */
  private static int take(byte[] sums, byte[] into, int count) {
    int at = Math.min(into.length, count * RangeHash.BYTES);
    System.arraycopy(sums, 0, into, at, Math.min(sums.length, into.length - at));
    return count + sums.length / RangeHash.BYTES;
  }

  /** Compares what both sides have hashed; false when there was nothing to compare. */
  boolean compare() {
    int before = compared;
    int end = Math.min(groups, Math.min(ownCount, theirCount));
    while (compared < end && asked.size() < ASKED_MAX) {
      int group = compared++;
      int at = group * RangeHash.BYTES;
      if (shape.groupLength(group, size) == shape.groupLength(group, shape.basisSize())
          && Arrays.equals(own, at, at + RangeHash.BYTES, theirs, at, at + RangeHash.BYTES)) {
        differentFrom = group + 1;
      } else if (answeredTo - differentFrom >= LONG_RUN_GROUPS && group % LONG_RUN_GROUPS != 0) {
        differing[group] = ALL_DIFFERENT;
      } else {
        asked.add(group);
        toAsk.add(group);
      }
    }
    return compared > before;
  }

  /** How many groups are to be asked for. */
  int toAsk() {
    return toAsk.size();
  }

  /** Appends the numbers of the groups that are to be asked for. */
  void ask(MessageWriter message) {
    while (!toAsk.isEmpty()) {
      message.u32(toAsk.remove());
    }
  }

  /** The group that is answered next. */
  int firstAsked() throws WireException {
    if (asked.isEmpty() || asked.size() == toAsk.size()) {
      throw new WireException("malformed delta: blocks that nobody asked for");
    }
    return asked.peek();
  }

  /**
   * Takes the answer for {@link #firstAsked}.
   *
   * @param data the group as the source has it
   * @param hashes of the blocks as the basis has them, from {@code at} on
   */
  void answered(MemorySegment data, int length, RangeHash sums, byte[] hashes, int at) {
    int group = asked.remove();
    int basisLength = shape.groupLength(group, shape.basisSize());
    int blockSize = shape.blockSize();
    byte[] hash = new byte[RangeHash.BYTES];
    int mask = ALL_DIFFERENT;
    for (int block = 0; block * blockSize < length; block++) {
      int from = block * blockSize;
      int blockLength = Math.min(blockSize, length - from);
      if (blockLength != Math.min(blockSize, basisLength - from)) {
        continue;
      }
      sums.hash(data, from, blockLength, hash, 0);
      int there = at + block * RangeHash.BYTES;
      if (Arrays.equals(hash, 0, hash.length, hashes, there, there + RangeHash.BYTES)) {
        mask &= ~(1 << block);
      }
    }
    differing[group] = (char) mask;
    answeredTo = group + 1;
    if (mask != ALL_DIFFERENT) {
      differentFrom = Math.max(differentFrom, group + 1);
    }
  }

  /** So far it is known of every block. */
  long knownTo() {
    int known = asked.isEmpty() ? compared : asked.peek();
    return Math.min(size, (long) known * shape.groupSize());
  }

  /** Whether it is known of all blocks that both files have. */
  boolean isAllKnown() {
    return asked.isEmpty() && compared == groups;
  }

  /** Where equal blocks end that begin at the start of a block; the same position if none do. */
  long endOfEqual(long from, long end) {
    return endOf(false, from, end);
  }

  /** As {@link #endOfEqual} for different ones. */
  long endOfDifferent(long from, long end) {
    return endOf(true, from, end);
  }

  private long endOf(boolean different, long from, long end) {
    int whole = different ? ALL_DIFFERENT : 0;
    long at = from;
    while (at < end) {
      int group = (int) (at / shape.groupSize());
      int mask = differing[group];
      if (mask == whole) {
        at = (long) (group + 1) * shape.groupSize();
        continue;
      }
      int block = (int) (at % shape.groupSize() / shape.blockSize());
      if ((mask >>> block & 1) != (different ? 1 : 0)) {
        break;
      }
      at += shape.blockSize();
    }
    return Math.min(at, end);
  }
}
