package dev.godwit.sync.content;

import dev.godwit.linux.Zeros;
import dev.godwit.wire.MessageWriter;

/**
 * Writes the records of a delta into messages. Ranges that follow each other become one record. One
 * thread at a time.
 */
final class RecordWriter {
  /**
   * What is kept or copied is told at the latest when it is so long, so that the other end begins.
   */
  private static final long UNTOLD_BYTES_MAX = 16 << 20;

  private MessageWriter out = new MessageWriter();
  private int begin;
  private long position; // where the other end is after all that was written
  private long pendingFrom;
  private long pendingLength;

  private long literal;
  private long matched;

  /** The next records go into this message. */
  void into(MessageWriter message) {
    out = message;
    begin = message.length();
  }

  /** Whether there is room for more. */
  boolean hasRoom() {
    return out.length() - begin < DeltaMessages.MESSAGE_BYTES;
  }

  boolean isEmpty() {
    return out.length() == begin;
  }

  /** How much went as bytes, and how much the target had. */
  long literal() {
    return literal;
  }

  long matched() {
    return matched;
  }

  private MessageWriter record(int kind) {
    if (isEmpty()) {
      out.u8(DeltaMessages.RECORDS);
    }
    return out.u8(kind);
  }

  /** A range of the file in place needs no record. */
  void stays(long length) {
    matched += length;
  }

  /** The range at {@code to} is what the basis has at {@code from}. */
  void copy(long from, long to, long length) {
    matched += length;
    if (pendingLength > 0
        && to == position + pendingLength
        && from == pendingFrom + pendingLength) {
      pendingLength += length;
    } else {
      settle();
      moveTo(to);
      pendingFrom = from;
      pendingLength = length;
    }
    if (pendingLength >= UNTOLD_BYTES_MAX) {
      settle();
    }
  }

  /** Bytes of the source. */
  void literal(long to, byte[] data, int offset, int length) {
    settle();
    moveTo(to);
    int end = offset + length;
    int at = offset;
    while (at < end) {
      int zeros = at;
      while (zeros < end && Zeros.isZero(data, zeros, Math.min(Zeros.BLOCK_BYTES, end - zeros))) {
        zeros = Math.min(end, zeros + Zeros.BLOCK_BYTES);
      }
      if (zeros > at) {
        record(DeltaMessages.ZEROS).u64(zeros - at);
        at = zeros;
      }
      int from = at;
      while (at < end && !Zeros.isZero(data, at, Math.min(Zeros.BLOCK_BYTES, end - at))) {
        at = Math.min(end, at + Zeros.BLOCK_BYTES);
      }
      if (at > from) {
        record(DeltaMessages.LITERAL).bytes(data, from, at - from);
        literal += at - from;
      }
    }
    position = to + length;
  }

  private void moveTo(long to) {
    if (to != position) {
      record(DeltaMessages.AT).u64(to);
      position = to;
    }
  }

  /** Writes what was put off. */
  void settle() {
    if (pendingLength > 0) {
      if (pendingFrom == position) {
        record(DeltaMessages.KEEP).u64(pendingLength);
      } else {
        record(DeltaMessages.COPY).u64(pendingFrom).u64(pendingLength);
      }
      position += pendingLength;
      pendingLength = 0;
    }
  }

  void end(byte[] whole) {
    settle();
    record(DeltaMessages.END).raw(whole, 0, whole.length);
  }

  void sourceChanged() {
    record(DeltaMessages.SOURCE_CHANGED);
  }
}
