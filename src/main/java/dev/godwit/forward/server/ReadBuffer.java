package dev.godwit.forward.server;

import java.nio.ByteBuffer;

/**
 * What is read from one socket goes through it. Small for one that says little, so that thousands
 * that are idle take little of the heap (H51); as large as a message while reads fill it.
 */
final class ReadBuffer {
  static final int SMALL_BYTES = 2 * 1024;
  static final int LARGE_BYTES = 64 * 1024;

  private ByteBuffer buffer = ByteBuffer.allocate(SMALL_BYTES);

  /** Empty; of a size that the last read has shown to be right. */
  ByteBuffer next() {
    if (!buffer.hasRemaining()) {
      resize(LARGE_BYTES);
    } else if (buffer.position() < SMALL_BYTES) {
      resize(SMALL_BYTES);
    }
    return buffer.clear();
  }

  private void resize(int bytes) {
    if (buffer.capacity() != bytes) {
      buffer = ByteBuffer.allocate(bytes);
    }
  }
}
