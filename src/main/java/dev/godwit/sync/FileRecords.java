package dev.godwit.sync;

/**
 * What a {@link Protocol#FILES} message holds: the number of its lane, then records. The records of
 * one file are in one lane, in order, and one file ends before the next of its lane begins; lanes
 * are independent, so several threads read at the source and several write at the target.
 */
final class FileRecords {
  /** batch u32, index u32, metadata, sparse bool: the content of this entry follows. */
  static final int BEGIN = 1;

  /** length u32, content. */
  static final int DATA = 2;

  /** length u64, CRC-32C u32, stable bool: what was sent since the beginning. */
  static final int END = 3;

  /** The file changed while it was read; what was sent is void and it begins again. */
  static final int AGAIN = 4;

  /** batch u32, index u32: there is no content to send. */
  static final int GONE = 5;

  /** batch u32, index u32: the content is what the target has, by the sum that it told. */
  static final int SAME = 6;

  /** The longest content of one record, in bytes. */
  static final int DATA_BYTES_MAX = 128 * 1024;

  /** A message is sent when it has grown to this size. */
  static final int MESSAGE_BYTES = 128 * 1024;

  static final int LANES_MAX = SourceOptions.READERS_MAX;

  private FileRecords() {}
}
