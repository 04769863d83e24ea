package dev.godwit.sync.content;

import dev.godwit.linux.Sha256;
import dev.godwit.wire.MessageWriter;
import java.security.MessageDigest;

/**
 * The hash of a whole file: SHA-256 over its size and the hashes of its groups in order. One thread
 * at a time.
 */
final class WholeHash {
  private final MessageDigest digest = Sha256.start();

  WholeHash(long size) {
    MessageWriter begin = new MessageWriter(Long.BYTES).u64(size);
    digest.update(begin.array(), 0, begin.length());
  }

  /** Takes the hashes of the next groups. */
  void add(byte[] leaves, int offset, int length) {
    digest.update(leaves, offset, length);
  }

  byte[] finish() {
    return digest.digest();
  }
}
