package dev.godwit.sync.content;

import dev.godwit.wire.WireException;
import java.util.Arrays;

/**
 * Chunks that follow each other, as they go over the line: of each its length (seven bits a byte,
 * the lowest first; the upper bit says that there are more) and its hash. One thread at a time.
 */
final class ChunkList {
  private static final int LENGTH_BYTES_MAX = 4;

  private byte[] bytes = new byte[1024];
  private int count;

  /** Adds a chunk. */
  void add(byte[] data, int offset, int length, RangeHash hash) {
    if (bytes.length - count < LENGTH_BYTES_MAX + RangeHash.BYTES) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    int rest = length;
    while (rest > 0x7f) {
      bytes[count++] = (byte) (rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    bytes[count++] = (byte) rest;
    hash.hash(data, offset, length, bytes, count);
    count += RangeHash.BYTES;
  }

  /** The array written to so far; only the first {@link #length} bytes count. Not a copy. */
  byte[] array() {
    return bytes;
  }

  int length() {
    return count;
  }

  /** Goes over a list. The list may come from the peer. */
  static final class Cursor {
    private byte[] bytes = {};
    private int end;
    private int at;
    private int length;

    /** Begins before the first chunk. */
    void over(byte[] list, int listLength) {
      bytes = list;
      end = listLength;
      at = 0;
    }

    /**
     * Goes to the next chunk.
     *
     * @param lengthMax that it may have
     * @return false when there is none
     * @throws WireException when what follows is none
     */
    boolean next(long lengthMax) throws WireException {
      if (at == end) {
        return false;
      }
      length = 0;
      int part = 0x80;
      for (int i = 0; i < LENGTH_BYTES_MAX && part > 0x7f && at < end; i++) {
        part = bytes[at++] & 0xff;
        length |= (part & 0x7f) << (7 * i);
      }
      if (part > 0x7f || length == 0 || length > lengthMax || end - at < RangeHash.BYTES) {
        throw new WireException("malformed delta: a chunk of " + length + " bytes");
      }
      at += RangeHash.BYTES;
      return true;
    }

    int length() {
      return length;
    }

    /** What it goes over. */
    byte[] bytes() {
      return bytes;
    }

    /** Where in it the chunk's hash is. */
    int hashAt() {
      return at - RangeHash.BYTES;
    }
  }
}
