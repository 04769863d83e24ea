package dev.godwit.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Builds one message: fixed-size integers in big-endian order, byte strings and lists with a length
 * in front. The counterpart of {@link MessageReader}. Not safe for threads; may be reused after
 * {@link #reset}.
 */
public final class MessageWriter {
  private byte[] buffer;
  private int length;

  public MessageWriter() {
    this(256);
  }

  public MessageWriter(int capacity) {
    buffer = new byte[capacity];
  }

  public MessageWriter reset() {
    length = 0;
    return this;
  }

  public int length() {
    return length;
  }

  public MessageWriter u8(int value) {
    room(1);
    buffer[length++] = (byte) value;
    return this;
  }

  public MessageWriter bool(boolean value) {
    return u8(value ? 1 : 0);
  }

  public MessageWriter u32(int value) {
    room(4);
    buffer[length++] = (byte) (value >>> 24);
    buffer[length++] = (byte) (value >>> 16);
    buffer[length++] = (byte) (value >>> 8);
    buffer[length++] = (byte) value;
    return this;
  }

  public MessageWriter u64(long value) {
    u32((int) (value >>> 32));
    return u32((int) value);
  }

  /** A byte string with its length in front. */
  public MessageWriter bytes(byte[] value) {
    return bytes(value, 0, value.length);
  }

  public MessageWriter bytes(byte[] value, int offset, int count) {
    u32(count);
    return raw(value, offset, count);
  }

  /** Bytes without a length; the last field of a message. */
  public MessageWriter raw(byte[] value, int offset, int count) {
    room(count);
    System.arraycopy(value, offset, buffer, length, count);
    length += count;
    return this;
  }

  /** Text as UTF-8 with its length in front. */
  public MessageWriter text(String value) {
    return bytes(value.getBytes(StandardCharsets.UTF_8));
  }

  /** A count, then each element as {@code element} writes it. */
  public <T> MessageWriter list(List<T> values, BiConsumer<MessageWriter, T> element) {
    u32(values.size());
    for (T value : values) {
      element.accept(this, value);
    }
    return this;
  }

  public MessageWriter texts(List<String> values) {
    return list(values, MessageWriter::text);
  }

  /** The array written to so far; only the first {@link #length} bytes count. Not a copy. */
  public byte[] array() {
    return buffer;
  }

  /** A copy of what was written. */
  public byte[] toBytes() {
    return Arrays.copyOf(buffer, length);
  }

  public void sendTo(Channel channel) throws WireException {
    channel.send(buffer, 0, length);
  }

  private void room(int more) {
    int needed = Math.addExact(length, more);
    if (needed > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(needed, buffer.length * 2));
    }
  }
}
