package dev.godwit.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** The stream of frames from the peer, taken apart with few reads. For one thread. */
final class FrameInput {
  private static final int BUFFER_BYTES = 256 * 1024;

  private final InputStream in;
  private final Runnable heard;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  int type;
  int channel;

  /** Payload bytes of the current frame that were not read yet. */
  int payloadBytes;

  /**
   * @param heard called whenever bytes came
   */
  FrameInput(InputStream in, Runnable heard) {
    this.in = in;
    this.heard = heard;
  }

  /**
   * Reads the next header into {@link #type}, {@link #channel} and {@link #payloadBytes}.
   *
   * @throws EOFException when the stream ends, at the border of a frame or inside one
   * @throws WireException when the header is not allowed
   */
  void next() throws IOException {
    while (limit - position < Frame.HEADER_BYTES) {
      fill();
    }
    int length = Frame.u32(buffer, position);
    type = buffer[position + 4] & 0xff;
    channel = Frame.u32(buffer, position + 5);
    position += Frame.HEADER_BYTES;
    int payloadMax = Frame.payloadMax(type);
    if (payloadMax < 0) {
      throw new WireException("a frame of unknown type " + type);
    }
    if (length < Frame.COUNTED_HEADER_BYTES || length - Frame.COUNTED_HEADER_BYTES > payloadMax) {
      throw new WireException(
          "a frame of type "
              + type
              + " that is "
              + Integer.toUnsignedString(length)
              + " bytes long");
    }
    payloadBytes = length - Frame.COUNTED_HEADER_BYTES;
  }

  /** The payload, in an array of its own. */
  byte[] payload() throws IOException {
    byte[] payload = new byte[payloadBytes];
    int done = Math.min(payload.length, limit - position);
    System.arraycopy(buffer, position, payload, 0, done);
    position += done;
    while (done < payload.length) {
      int left = payload.length - done;
      if (left >= BUFFER_BYTES / 4) {
        // The buffer is empty here: a long rest goes where it belongs without a second copy.
        int count = in.read(payload, done, left);
        came(count);
        done += count;
      } else {
        fill();
        int count = Math.min(left, limit - position);
        System.arraycopy(buffer, position, payload, done, count);
        position += count;
        done += count;
      }
    }
    payloadBytes = 0;
    return payload;
  }

  void skipPayload() throws IOException {
    while (payloadBytes > 0) {
      if (position == limit) {
        fill();
      }
      int count = Math.min(payloadBytes, limit - position);
      position += count;
      payloadBytes -= count;
    }
  }

  private void fill() throws IOException {
    if (position == limit) {
      position = 0;
      limit = 0;
    } else if (limit == buffer.length) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
    }
    int count = in.read(buffer, limit, buffer.length - limit);
    came(count);
    limit += count;
  }

  private void came(int count) throws EOFException {
    if (count <= 0) {
      throw new EOFException();
    }
    heard.run();
  }
}
