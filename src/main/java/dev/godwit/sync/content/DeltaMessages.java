package dev.godwit.sync.content;

/**
 * What the two ends of a delta say to each other. The first byte of a message is its kind; all
 * numbers are as in {@code MessageWriter}. The order is that of one file: {@link #START}, then sums
 * and answers to them, then {@link #RECORDS} until one of them ends it.
 */
final class DeltaMessages {
  // From the target.

  /** Hashes of the next groups of the basis: {@link RangeHash#BYTES} each, to the end. */
  static final int SUMS = 1;

  /** Hashes of the blocks of the next groups that were needed: as {@link #SUMS}. */
  static final int BLOCKS = 2;

  /**
   * Blocks of the range that was asked for first: u8 whether these are the last of them, then
   * {@link BlockIndex#BYTES} for each to the end.
   */
  static final int RANGE = 3;

  /** The basis is not what it was. */
  static final int BASIS_CHANGED = 4;

  // From the source.

  /** u64 size of the source. */
  static final int START = 11;

  /** u32 numbers of groups whose blocks are wanted, ascending, to the end. */
  static final int NEED = 12;

  /**
   * u64 from, u64 to: a range of the basis, whose blocks may be anywhere in the source; u32 how
   * large they are to be.
   */
  static final int NEED_RANGE = 13;

  /** No more hashes of groups and blocks are wanted. */
  static final int ENOUGH = 15;

  /** What to do, one record after the other, to the end. */
  static final int RECORDS = 14;

  // Records. Each but AT goes on where the one before ended.

  /** u64 length: what the basis has there. */
  static final int KEEP = 1;

  /** u64 from, u64 length: what the basis has elsewhere. */
  static final int COPY = 2;

  /** Bytes. */
  static final int LITERAL = 3;

  /** u64 length. */
  static final int ZEROS = 4;

  /** u64 position: the next record is for there. In place only. */
  static final int AT = 5;

  /** 32 bytes: the hash of the whole. */
  static final int END = 6;

  /** The source is not what it was; nothing more comes. */
  static final int SOURCE_CHANGED = 7;

  /** A message is sent when it has as much. */
  static final int MESSAGE_BYTES = 64 << 10;

  /** Of one literal. */
  static final int LITERAL_BYTES_MAX = 64 << 10;

  /** Of the hash of the whole. */
  static final int WHOLE_BYTES = 32;

  private DeltaMessages() {}
}
