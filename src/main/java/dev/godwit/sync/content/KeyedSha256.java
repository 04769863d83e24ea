package dev.godwit.sync.content;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The first half of SHA-256 (FIPS 180-4) over a key and a range. One thread at a time. */
final class KeyedSha256 implements RangeHash {
  static final int KEY_BYTES = 16;

  private final byte[] key;
  private final int keyAt;
  private final MessageDigest digest = digest();

  KeyedSha256(byte[] key, int keyAt) {
    this.key = key;
    this.keyAt = keyAt;
  }

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  @Override
  public void hash(byte[] data, int offset, int length, byte[] into, int at) {
    digest.update(key, keyAt, KEY_BYTES);
    digest.update(data, offset, length);
    System.arraycopy(digest.digest(), 0, into, at, BYTES);
  }
}
