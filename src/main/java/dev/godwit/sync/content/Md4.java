package dev.godwit.sync.content;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * MD4 (RFC 1320), which Java does not offer. Broken as a hash; here because {@code
 * --checksum-choice=md4} shall print what rsync prints.
 */
final class Md4 extends MessageDigest {
  private static final int BLOCK_BYTES = 64;
  private static final int LENGTH_BYTES = 8;

  /** The order of the words and the shifts of each round; section 3.4 of the RFC. */
  private static final int[][] ORDER = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
    {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}
  };

  private static final int[][] SHIFTS = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
  private static final int[] CONSTANTS = {0, 0x5a827999, 0x6ed9eba1};

  private final byte[] block = new byte[BLOCK_BYTES];
  private final int[] words = new int[BLOCK_BYTES / Integer.BYTES];
  private final int[] state = new int[4];
  private long length;

  Md4() {
    super("MD4");
    engineReset();
  }

  @Override
  protected void engineReset() {
    state[0] = 0x67452301;
    state[1] = 0xefcdab89;
    state[2] = 0x98badcfe;
    state[3] = 0x10325476;
    length = 0;
  }

  @Override
  protected void engineUpdate(byte input) {
    engineUpdate(new byte[] {input}, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] input, int offset, int count) {
    int at = offset;
    int end = offset + count;
    while (at < end) {
      int filled = (int) (length % BLOCK_BYTES);
      int part = Math.min(BLOCK_BYTES - filled, end - at);
      System.arraycopy(input, at, block, filled, part);
      at += part;
      length += part;
      if (filled + part == BLOCK_BYTES) {
        compress();
      }
    }
  }

  @Override
  protected byte[] engineDigest() {
    long bits = length * Byte.SIZE;
    int filled = (int) (length % BLOCK_BYTES);
    int end = filled < BLOCK_BYTES - LENGTH_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    byte[] padding = new byte[end - filled];
    padding[0] = (byte) 0x80;
    for (int i = 0; i < LENGTH_BYTES; i++) {
      padding[padding.length - LENGTH_BYTES + i] = (byte) (bits >>> (Byte.SIZE * i));
    }
    engineUpdate(padding, 0, padding.length);
    byte[] digest = new byte[4 * Integer.BYTES];
    for (int i = 0; i < digest.length; i++) {
      digest[i] = (byte) (state[i / 4] >>> (Byte.SIZE * (i % 4)));
    }
    engineReset();
    return digest;
  }

  private void compress() {
    for (int i = 0; i < words.length; i++) {
      words[i] =
          (block[4 * i] & 0xff)
              | (block[4 * i + 1] & 0xff) << 8
              | (block[4 * i + 2] & 0xff) << 16
              | (block[4 * i + 3] & 0xff) << 24;
    }
    int[] v = Arrays.copyOf(state, state.length);
    for (int round = 0; round < 3; round++) {
      for (int step = 0; step < 16; step++) {
        // The four variables change places after each step; this is which one is "a" now.
        int a = (4 - step % 4) % 4;
        int b = v[(a + 1) % 4];
        int c = v[(a + 2) % 4];
        int d = v[(a + 3) % 4];
        int mixed =
            switch (round) {
              case 0 -> (b & c) | (~b & d);
              case 1 -> (b & c) | (b & d) | (c & d);
              default -> b ^ c ^ d;
            };
        int sum = v[a] + mixed + words[ORDER[round][step]] + CONSTANTS[round];
        v[a] = Integer.rotateLeft(sum, SHIFTS[round][step % 4]);
      }
    }
    for (int i = 0; i < state.length; i++) {
      state[i] += v[i];
    }
  }
}
