package dev.godwit.sync.content;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A hash of 128 bits of ranges of bytes. One thread at a time, unless the class says more. */
interface RangeHash {
  /** Of every hash here, in bytes. */
  int BYTES = 16;

  /** Hashes a range and puts {@link #BYTES} bytes where they are wanted. */
  void hash(byte[] data, int offset, int length, byte[] into, int at);

  /** The same for content that is anywhere in memory. */
  default void hash(MemorySegment data, long offset, int length, byte[] into, int at) {
    hash(data.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), 0, length, into, at);
  }
}
