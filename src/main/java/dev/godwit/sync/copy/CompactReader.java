package dev.godwit.sync.copy;

import dev.godwit.wire.WireException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Takes a message of {@link CompactWriter} apart. The peer may lie: each number is checked against
 * what the caller allows, each length against what the message still holds, before memory is taken
 * (H40); what does not fit is a {@link MalformedException}, never another exception.
 */
final class CompactReader {
  private final byte[] message;
  private final int end;
  private int position;

  CompactReader(byte[] message, int from) {
    this(message, from, message.length);
  }

  /** For a message that is a part of the array. */
  CompactReader(byte[] message, int from, int end) {
    this.message = message;
    this.position = from;
    this.end = end;
  }

  /** The message has a value or a sequence that the protocol does not allow. */
  static final class MalformedException extends WireException {
    @java.io.Serial private static final long serialVersionUID = 1;

    MalformedException(String what) {
      super("malformed message: " + what);
    }
  }

  static MalformedException malformed(String what) {
    return new MalformedException(what);
  }

  int remaining() {
    return end - position;
  }

  int u8() throws WireException {
    need(1);
    return message[position++] & 0xff;
  }

  boolean bool() throws WireException {
    return u8(1) == 1;
  }

  /** A byte of at most {@code max}. */
  int u8(int max) throws WireException {
    int value = u8();
    if (value > max) {
      throw malformed(value + ", at most " + max);
    }
    return value;
  }

  int u32() throws WireException {
    need(4);
    int value =
        (message[position] & 0xff) << 24
            | (message[position + 1] & 0xff) << 16
            | (message[position + 2] & 0xff) << 8
            | message[position + 3] & 0xff;
    position += 4;
    return value;
  }

  /** Four bytes: a number between 0 and {@code max}, both included. */
  int u32(int max) throws WireException {
    int value = u32();
    if (value < 0 || value > max) {
      throw malformed("a number of " + Integer.toUnsignedString(value) + ", at most " + max);
    }
    return value;
  }

  /** A number between 0 and {@code max}, both included. */
  long number(long max) throws WireException {
    long value = unsigned();
    if (value < 0 || value > max) {
      throw malformed("a number of " + Long.toUnsignedString(value) + ", at most " + max);
    }
    return value;
  }

  int number(int max) throws WireException {
    return (int) number((long) max);
  }

  long signed() throws WireException {
    long value = unsigned();
    return value >>> 1 ^ -(value & 1);
  }

  /** Any 64 bits. */
  long unsigned() throws WireException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = u8();
      value |= (next & 0x7fL) << shift;
      if ((next & 0x80) == 0) {
        if (shift == 63 && next > 1) {
          break;
        }
        return value;
      }
    }
    throw malformed("a number of more than 64 bits");
  }

  /** A byte string of at most {@code max} bytes. */
  byte[] bytes(int max) throws WireException {
    int length = number(max);
    int from = skip(length);
    return Arrays.copyOfRange(message, from, from + length);
  }

  /** Reads the same from here on, without moving this. Shares the array. */
  CompactReader copy() {
    return new CompactReader(message, position, end);
  }

  /** Everything that is left. */
  byte[] rest() {
    byte[] left = Arrays.copyOfRange(message, position, end);
    position = end;
    return left;
  }

  String text(int max) throws WireException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(max))).toString();
    } catch (CharacterCodingException e) {
      throw malformed("text that is not UTF-8");
    }
  }

  /**
   * Passes over bytes that the caller takes from {@link #array} itself.
   *
   * @return where they begin
   */
  int skip(int count) throws WireException {
    need(count);
    int from = position;
    position += count;
    return from;
  }

  byte[] array() {
    return message;
  }

  /** Checks that nothing is left. */
  void end() throws WireException {
    if (remaining() != 0) {
      throw malformed(remaining() + " bytes too many");
    }
  }

  private void need(int bytes) throws WireException {
    if (bytes > remaining()) {
      throw malformed(bytes + " bytes wanted, " + remaining() + " left");
    }
  }
}
