package dev.godwit.cli.sync;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** A line being put together from bytes: names are bytes, and there are many lines. */
final class ByteText {
  private byte[] bytes = new byte[512];
  private int length;

  ByteText add(byte b) {
    room(1);
    bytes[length++] = b;
    return this;
  }

  /** ASCII. */
  ByteText add(String text) {
    room(text.length());
    for (int i = 0; i < text.length(); i++) {
      bytes[length++] = (byte) text.charAt(i);
    }
    return this;
  }

  ByteText add(byte[] more) {
    return add(more, 0, more.length);
  }

  ByteText add(byte[] more, int from, int count) {
    room(count);
    System.arraycopy(more, from, bytes, length, count);
    length += count;
    return this;
  }

  ByteText add(long number) {
    if (number < 0) {
      return add(Long.toString(number));
    }
    int from = length;
    do {
      add((byte) ('0' + number % 10));
      number /= 10;
    } while (number > 0);
    for (int i = from, j = length - 1; i < j; i++, j--) {
      byte swapped = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swapped;
    }
    return this;
  }

  /**
   * Fills with blanks what was added since {@code from} up to {@code width} columns.
   *
   * @param left whether it stands at the left
   */
  ByteText pad(int from, int width, boolean left) {
    int blanks = width - (length - from);
    if (blanks <= 0) {
      return this;
    }
    room(blanks);
    if (left) {
      Arrays.fill(bytes, length, length + blanks, (byte) ' ');
    } else {
      System.arraycopy(bytes, from, bytes, from + blanks, length - from);
      Arrays.fill(bytes, from, from + blanks, (byte) ' ');
    }
    length += blanks;
    return this;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  void writeTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
  }

  private void room(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
    }
  }
}
