package dev.godwit.sync;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** SHA-256 of the content of files, one after the other. One thread at a time. */
final class ContentSum {
  static final int BYTES = 32;

  private final byte[] data = new byte[FileHandle.CHUNK_BYTES];
  private final MessageDigest digest;

  ContentSum() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  /** The sum of what the file holds from its start to its end. */
  byte[] of(FileHandle file) throws LinuxException {
    byte[] sum = of(file, () -> false);
    if (sum == null) {
      throw new AssertionError("nothing stops it");
    }
    return sum;
  }

  /**
   * As {@link #of(FileHandle)}.
   *
   * @param stopped asked again and again, because a file may take minutes
   * @return null when it was stopped
   */
  byte @Nullable [] of(FileHandle file, BooleanSupplier stopped) throws LinuxException {
    digest.reset();
    long position = 0;
    while (!stopped.getAsBoolean()) {
      int count = file.read(data, 0, data.length, position);
      if (count == 0) {
        return digest.digest();
      }
      digest.update(data, 0, count);
      position += count;
    }
    return null;
  }
}
