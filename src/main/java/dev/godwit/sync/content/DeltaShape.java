package dev.godwit.sync.content;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * In what pieces two files are compared: blocks, and groups of sixteen of them. The hashes of all
 * groups are compared first, then those of the blocks of unequal groups. Blocks are as small as the
 * number of groups allows, which bounds what either side has to remember.
 *
 * @param basisSize of what the target has, in bytes
 * @param blockSize in bytes
 */
public record DeltaShape(long basisSize, int blockSize) {
  /**
   * What blocks are when nothing says otherwise: the smallest that file systems and databases use.
   */
  public static final int BLOCK_BYTES_USUAL = 4096;

  static final int BLOCKS_A_GROUP = 16;
  private static final int BLOCK_BYTES_MIN = 256;
  private static final int BLOCK_BYTES_MAX = 1 << 20;

  /** Hashes of groups take 16 bytes each on each side: 16 MiB. */
  private static final int GROUPS_MAX = 1 << 20;

  /** Of blocks that are looked for everywhere. */
  private static final int RANGE_BLOCKS_USUAL_MAX = 1 << 19;

  /** The largest file of which there can be a delta: 16 TiB. */
  public static final long SIZE_MAX = (long) GROUPS_MAX * BLOCKS_A_GROUP * BLOCK_BYTES_MAX;

  public DeltaShape {
    if (basisSize < 0
        || blockSize < BLOCK_BYTES_MIN
        || blockSize > BLOCK_BYTES_MAX
        || groups(basisSize, blockSize) > GROUPS_MAX) {
      throw new IllegalArgumentException(
          "no delta for " + basisSize + " bytes in blocks of " + blockSize);
    }
  }

  /**
   * The shape for two files.
   *
   * @param basisSize of what the target has; at most {@link #SIZE_MAX}
   * @param sourceSize as far as it is known; at most {@link #SIZE_MAX}
   * @param blockSize as {@code --block-size} says; 0: the usual one. Very large files get larger
   *     ones
   */
  public static DeltaShape of(long basisSize, long sourceSize, int blockSize) {
    long wanted =
        Math.clamp(
            blockSize == 0 ? BLOCK_BYTES_USUAL : blockSize, BLOCK_BYTES_MIN, BLOCK_BYTES_MAX);
    while (groups(Math.max(basisSize, sourceSize), wanted) > GROUPS_MAX) {
      wanted *= 2;
    }
    return new DeltaShape(basisSize, (int) Math.min(wanted, BLOCK_BYTES_MAX));
  }

  /** Whether a source of this size can be told in these pieces: it may have grown meanwhile. */
  boolean fits(long sourceSize) {
    return sourceSize >= 0 && groups(sourceSize, blockSize) <= GROUPS_MAX;
  }

  private static long groups(long size, long blockSize) {
    return Math.ceilDiv(size, blockSize * BLOCKS_A_GROUP);
  }

  public void write(MessageWriter message) {
    message.u64(basisSize).u32(blockSize);
  }

  public static DeltaShape read(MessageReader message) throws WireException {
    long basisSize = message.u64();
    int blockSize = message.u32();
    try {
      return new DeltaShape(basisSize, blockSize);
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: " + e.getMessage(), e);
    }
  }

  /**
   * How large the blocks are that are looked for everywhere: as those that are compared, or larger,
   * so that there are not too many.
   */
  int rangeBlockSize(long sourceSize) {
    long size = blockSize;
    while (size < BLOCK_BYTES_MAX
        && Math.max(basisSize, sourceSize) / size > RANGE_BLOCKS_USUAL_MAX) {
      size *= 2;
    }
    return (int) Math.min(size, BLOCK_BYTES_MAX);
  }

  /** Whether blocks of this size may be asked for. */
  static boolean isBlockSize(int size) {
    return size >= BLOCK_BYTES_MIN && size <= BLOCK_BYTES_MAX;
  }

  /** In bytes. */
  int groupSize() {
    return blockSize * BLOCKS_A_GROUP;
  }

  /** How many groups the basis has, the last one perhaps not whole. */
  int groups() {
    return groupsOf(basisSize);
  }

  /** How many groups a file of this size has. */
  int groupsOf(long size) {
    return Math.toIntExact(groups(size, blockSize));
  }

  /** How many bytes of a group a file of this size has. */
  int groupLength(int group, long size) {
    return (int) Math.clamp(size - (long) group * groupSize(), 0, groupSize());
  }

  /** How many blocks a range of this length has, the last one perhaps not whole. */
  int blocks(int length) {
    return Math.ceilDiv(length, blockSize);
  }
}
