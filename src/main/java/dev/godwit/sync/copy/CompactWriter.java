package dev.godwit.sync.copy;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.Arrays;

/**
 * Builds messages in which small numbers take few bytes: seven bits in each byte, the lowest first,
 * and the top bit says that more follow. The counterpart of {@link CompactReader}. Reused after
 * {@link #reset}; not safe for threads.
 */
final class CompactWriter {
  /** To begin with where most messages are small: it grows. */
  static final int SMALL_BYTES = 4096;

  private byte[] array;
  private int length;

  CompactWriter(int capacity) {
    array = new byte[capacity];
  }

  CompactWriter reset() {
    length = 0;
    return this;
  }

  int length() {
    return length;
  }

  /** Forgets what was written from here on. */
  void cut(int to) {
    length = to;
  }

  /** What was written is in its first {@link #length} bytes. Not a copy. */
  byte[] array() {
    return array;
  }

  CompactWriter u8(int value) {
    room(1);
    array[length++] = (byte) value;
    return this;
  }

  CompactWriter bool(boolean value) {
    return u8(value ? 1 : 0);
  }

  /** Four bytes, whatever the value. */
  CompactWriter u32(int value) {
    room(4);
    set(length, value);
    length += 4;
    return this;
  }

  /** Puts four bytes where some were written before. */
  void set(int at, int value) {
    set(array, at, value);
  }

  static void set(byte[] array, int at, int value) {
    array[at] = (byte) (value >>> 24);
    array[at + 1] = (byte) (value >>> 16);
    array[at + 2] = (byte) (value >>> 8);
    array[at + 3] = (byte) value;
  }

  /** A number that is not negative, or one taken as unsigned. */
  CompactWriter number(long value) {
    room(10);
    long left = value;
    while ((left & ~0x7fL) != 0) {
      array[length++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    array[length++] = (byte) left;
    return this;
  }

  /** A number that may be negative. */
  CompactWriter signed(long value) {
    return number(value << 1 ^ value >> 63);
  }

  CompactWriter bytes(byte[] value) {
    number(value.length);
    return raw(value, 0, value.length);
  }

  CompactWriter text(String value) {
    return bytes(value.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  CompactWriter raw(byte[] value, int offset, int count) {
    room(count);
    System.arraycopy(value, offset, array, length, count);
    length += count;
    return this;
  }

  /**
   * Takes room that the caller fills, of which the first {@code count} bytes count afterwards.
   *
   * @return where it begins in {@link #array}
   */
  int reserve(int bytes) {
    room(bytes);
    return length;
  }

  void filled(int count) {
    length += count;
  }

  byte[] toBytes() {
    return Arrays.copyOf(array, length);
  }

  void sendTo(Channel channel) throws WireException {
    channel.send(array, 0, length);
  }

  /** As {@link #sendTo}, for what nobody waits for at this moment. */
  void sendLazilyTo(Channel channel) throws WireException {
    channel.sendLazily(array, 0, length);
  }

  private void room(int more) {
    int needed = Math.addExact(length, more);
    if (needed > array.length) {
      array = Arrays.copyOf(array, Math.max(needed, array.length * 2));
    }
  }
}
