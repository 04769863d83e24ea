package dev.godwit.wire;

import java.io.ByteArrayOutputStream;

/** Frames in a row, as bytes. */
final class TestingFrames {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  void add(int type, int channel, byte[] payload) {
    byte[] header = new byte[Frame.HEADER_BYTES];
    Frame.header(header, 0, type, channel, payload.length);
    bytes.writeBytes(header);
    bytes.writeBytes(payload);
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }
}
