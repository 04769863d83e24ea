package dev.godwit.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Takes one message apart. The peer may lie: every length and count is checked against what the
 * caller allows and against what the message still holds before memory is taken (H40); a field that
 * does not fit is a {@link WireException}, never another exception.
 */
public final class MessageReader {
  /** Reads one element of a list. */
  @FunctionalInterface
  public interface Element<T> {
    T read(MessageReader reader) throws WireException;
  }

  private final byte[] message;
  private int position;

  public MessageReader(byte[] message) {
    this.message = message;
  }

  public int remaining() {
    return message.length - position;
  }

  public int position() {
    return position;
  }

  public int u8() throws WireException {
    need(1);
    return message[position++] & 0xff;
  }

  public boolean bool() throws WireException {
    int value = u8();
    if (value > 1) {
      throw new WireException("malformed message: " + value + " is not a truth value");
    }
    return value == 1;
  }

  public int u32() throws WireException {
    need(4);
    int value =
        ((message[position] & 0xff) << 24)
            | ((message[position + 1] & 0xff) << 16)
            | ((message[position + 2] & 0xff) << 8)
            | (message[position + 3] & 0xff);
    position += 4;
    return value;
  }

  public long u64() throws WireException {
    return ((long) u32() << 32) | (u32() & 0xffffffffL);
  }

  /** An int between 0 and {@code max}, both included. */
  public int count(int max) throws WireException {
    int value = u32();
    if (value < 0 || value > max) {
      throw new WireException("malformed message: a count of " + value + ", at most " + max);
    }
    return value;
  }

  /** A byte string of at most {@code max} bytes. */
  public byte[] bytes(int max) throws WireException {
    int length = count(max);
    need(length);
    byte[] value = Arrays.copyOfRange(message, position, position + length);
    position += length;
    return value;
  }

  /** Everything that is left. */
  public byte[] rest() {
    byte[] value = Arrays.copyOfRange(message, position, message.length);
    position = message.length;
    return value;
  }

  /** Valid UTF-8 of at most {@code max} bytes. */
  public String text(int max) throws WireException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(max))).toString();
    } catch (CharacterCodingException e) {
      throw new WireException("malformed message: text that is not UTF-8", e);
    }
  }

  /** The path of a file of this host, as text of at most {@code max} bytes. */
  public Path path(int max) throws WireException {
    String text = text(max);
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new WireException("malformed message: no path: " + e.getReason(), e);
    }
  }

  public <T> List<T> list(int max, Element<T> element) throws WireException {
    int count = count(max);
    List<T> values = new ArrayList<>(Math.min(count, 1024));
    for (int i = 0; i < count; i++) {
      values.add(element.read(this));
    }
    return List.copyOf(values);
  }

  public List<String> texts(int max, int textMax) throws WireException {
    return list(max, r -> r.text(textMax));
  }

  /** Checks that nothing is left. */
  public void end() throws WireException {
    if (remaining() != 0) {
      throw new WireException("malformed message: " + remaining() + " bytes too many");
    }
  }

  private void need(int bytes) throws WireException {
    if (bytes > remaining()) {
      throw new WireException(
          "malformed message: " + bytes + " bytes wanted, " + remaining() + " left");
    }
  }
}
