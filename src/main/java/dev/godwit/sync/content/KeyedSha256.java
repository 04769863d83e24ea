package dev.godwit.sync.content;

import dev.godwit.linux.Sha256;
import java.security.MessageDigest;

/** The first half of SHA-256 (FIPS 180-4) over a key and a range. One thread at a time. */
final class KeyedSha256 implements RangeHash {
  static final int KEY_BYTES = 16;

  private final byte[] key;
  private final int keyAt;
  private final MessageDigest digest = Sha256.start();

  KeyedSha256(byte[] key, int keyAt) {
    this.key = key;
    this.keyAt = keyAt;
  }

  @Override
  public void hash(byte[] data, int offset, int length, byte[] into, int at) {
    digest.update(key, keyAt, KEY_BYTES);
    digest.update(data, offset, length);
    System.arraycopy(digest.digest(), 0, into, at, BYTES);
  }
}
