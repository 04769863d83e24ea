package dev.godwit.sync;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sha256;
import java.security.MessageDigest;

/** SHA-256 of the content of files, one after the other. One thread at a time. */
final class ContentSum {
  static final int BYTES = 32;

  private final byte[] data = new byte[FileHandle.CHUNK_BYTES];
  private final MessageDigest digest = Sha256.start();

  /** The sum of what the file holds from its start to its end. */
  byte[] of(FileHandle file) throws LinuxException {
    digest.reset();
    long position = 0;
    for (int count = file.read(data, 0, data.length, 0);
        count > 0;
        count = file.read(data, 0, data.length, position)) {
      digest.update(data, 0, count);
      position += count;
    }
    return digest.digest();
  }

  /** The sum of the first bytes of an array. */
  byte[] of(byte[] bytes, int length) {
    digest.reset();
    add(bytes, length);
    return end();
  }

  /** Goes on with the first bytes of an array. */
  void add(byte[] bytes, int length) {
    digest.update(bytes, 0, length);
  }

  /** The sum of all that was added. */
  byte[] end() {
    return digest.digest();
  }
}
