package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Goes over a file once and hashes its groups. One thread. */
final class ContentPass {
  /** What is told at once. */
  private static final int STRETCH_BYTES = 4 << 20;

  /** What is read at once. */
  private static final int READ_BYTES = 128 << 10;

  /** What both files and all passes over them have in common. */
  record Setting(DeltaShape shape, ContentKey key, Verification verification) {}

  /**
   * Part of the file.
   *
   * @param firstGroup number of the group that it begins with
   * @param groups how many it has, the last one perhaps not whole
   * @param sums {@link RangeHash#BYTES} for each group, to compare it, or empty
   * @param leaves the same to verify it
   * @param isShort the file ends before it should
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Stretch(int firstGroup, int groups, byte[] sums, byte[] leaves, boolean isShort) {}

  private final RandomReader file;
  private final RangeReader ranges;
  private final boolean isSparse;
  private final @Nullable BitSet toVerify;
  private final int groupSize;
  private final long stretchBytes;
  private final RangeHash sumHash;
  private final RangeHash leafHash;
  private final int readBytes;
  private long next;
  private long to;
  private long contentFrom = -1;

  /**
   * Begins; nothing is read yet.
   *
   * @param isSparse there may be holes, which need not be read
   * @param size of the file, in bytes
   * @param toVerify only these groups are hashed, to be verified; null: all, to be compared, too
   */
  ContentPass(
      Setting setting, RandomReader file, boolean isSparse, long size, @Nullable BitSet toVerify) {
    this.file = file;
    ranges = new RangeReader(file);
    this.isSparse = isSparse;
    this.toVerify = toVerify;
    to = size;
    groupSize = setting.shape.groupSize();
    stretchBytes = wholeGroups(STRETCH_BYTES);
    sumHash = setting.key.sums();
    leafHash = setting.key.leaves(setting.verification);
    // Where only some groups are wanted, one is read.
    readBytes = toVerify != null ? groupSize : (int) wholeGroups(READ_BYTES);
  }

  private long wholeGroups(long bytes) {
    return Math.max(1, bytes / groupSize) * groupSize;
  }

  /** Reads nothing more. Returns how far it came. */
  long stop() {
    to = next;
    return to;
  }

  /** The next stretch; null when there is none. */
  @Nullable Stretch take() throws LinuxException {
    if (next >= to) {
      return null;
    }
    long begin = next;
    long end = Math.min(to, begin + stretchBytes);
    next = end;
    int firstGroup = Math.toIntExact(begin / groupSize);
    int groups = Math.toIntExact(Math.ceilDiv(end - begin, (long) groupSize));
    byte[] sums = new byte[toVerify == null ? groups * RangeHash.BYTES : 0];
    byte[] leaves = new byte[groups * RangeHash.BYTES];
    for (long position = begin; position < end; position += readBytes) {
      int length = (int) Math.min(readBytes, end - position);
      if (toVerify != null && !toVerify.get((int) (position / groupSize))) {
        continue;
      }
      MemorySegment content = content(position, length);
      if (content == null) {
        return new Stretch(firstGroup, groups, sums, leaves, true);
      }
      for (int at = 0; at < length; at += groupSize) {
        int group = (int) ((position + at) / groupSize) - firstGroup;
        int groupLength = Math.min(groupSize, length - at);
        if (toVerify == null) {
          sumHash.hash(content, at, groupLength, sums, group * RangeHash.BYTES);
        }
        leafHash.hash(content, at, groupLength, leaves, group * RangeHash.BYTES);
      }
    }
    return new Stretch(firstGroup, groups, sums, leaves, false);
  }

  /** Reads, or knows without reading that all is zeros; null when the file ends too early. */
  private @Nullable MemorySegment content(long position, int length) throws LinuxException {
    if (isSparse) {
      if (contentFrom < position) {
        long found = file.nextData(position);
        contentFrom = found < 0 ? Long.MAX_VALUE : found;
      }
      if (contentFrom >= position + length) {
        return ranges.zeros(length);
      }
    }
    return ranges.read(position, length);
  }
}
