package dev.godwit.sync.copy;

/**
 * What a {@link Messages#CONTENT} message holds behind its lane: records. The records of one file
 * are in one lane, in order, and one file ends before the next of its lane begins; lanes are
 * independent, so that several threads read at the source and several write at the target.
 */
final class ContentRecords {
  /**
   * A whole file: directory, index, changed bool (then its status follows), CRC-32C u32, length
   * u32, content.
   */
  static final int WHOLE = 1;

  /** directory, index, changed bool (then its status follows): the content follows in records. */
  static final int BEGIN = 2;

  /** length u32, content. */
  static final int DATA = 3;

  /** length: so many zeros that take no room at the source. */
  static final int HOLE = 4;

  /** CRC-32C u32 over the data, holes left out: the content is whole. */
  static final int END = 5;

  /**
   * The file changed while it was read: what was sent is void. Its status follows, then content.
   */
  static final int AGAIN = 6;

  /** directory, index, reason u8, errno: no content comes, or no more. */
  static final int NONE = 7;

  /** directory, index: the content is what the target asked about. */
  static final int SAME = 8;

  /** directory, index, inode: what the file of a delta is by now. */
  static final int DELTA_INODE = 9;

  /** directory, index, length, message: for a delta (sync.content). */
  static final int DELTA = 10;

  /** directory, index, whole bool: nothing more comes for a delta. */
  static final int DELTA_END = 11;

  /** Why there is none. */
  static final int VANISHED = 0;

  static final int UNREADABLE = 1;
  static final int UNSTABLE = 2;

  /** It is not what the target asked about, and in a dry run nothing comes. */
  static final int DIFFERENT = 3;

  // With --compress there is one byte more in front of the records.
  /** The records follow. */
  static final int PLAIN = 0;

  /** length u32, and records of that length as the next part of the lane's stream (RFC 8878). */
  static final int COMPRESSED = 1;

  /** The longest content of one record, in bytes. */
  static final int DATA_MAX = 128 * 1024;

  /** A message is sent when the next record would make it longer than this, in bytes. */
  static final int MESSAGE_BYTES = 192 * 1024;

  /**
   * The longest file that is offered, in bytes: of what is shorter no delta is made either, so this
   * is what would be asked for.
   */
  static final int OFFERED_FILE_MAX = TargetDeltas.SIZE_MIN;

  /** Of one copy no more is offered than this, in bytes of records, and the rest of one. */
  static final int OFFERED_MAX = 16 * OFFERED_FILE_MAX;

  private ContentRecords() {}
}
