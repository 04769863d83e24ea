package dev.godwit.sync.content;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hasher64;
import dev.godwit.linux.LinuxException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A checksum of the content of files, one after the other; {@link ChecksumKind#start} makes one.
 * One thread at a time.
 */
public abstract sealed class Checksum {
  private static final int CHUNK_BYTES = 128 * 1024;

  /** Most files are small, and each has a checksum of its own in a mirror. */
  private static final int CHUNK_FIRST_BYTES = 8 * 1024;

  private static final int CHUNK_GROWTH = 4;

  private byte[] chunk = {};

  private Checksum() {}

  /** Takes more of the content. */
  public abstract void update(byte[] data, int offset, int length);

  /**
   * The checksum of all that came, its bytes in the order that they are written in; then a new one
   * begins.
   */
  public abstract byte[] finish();

  /**
   * Takes the content of a file from a position on.
   *
   * @param length at most
   * @return how many bytes; fewer than {@code length} when the file is shorter
   */
  public final long update(RandomReader file, long position, long length) throws LinuxException {
    if (chunk.length == 0) {
      chunk = new byte[CHUNK_FIRST_BYTES];
    }
    long done = 0;
    while (done < length) {
      int wanted = (int) Math.min(length - done, chunk.length);
      int count = file.read(position + done, chunk, 0, wanted);
      if (count == 0) {
        break;
      }
      update(chunk, 0, count);
      done += count;
      if (count == chunk.length && count < CHUNK_BYTES) {
        chunk = new byte[Math.min(CHUNK_BYTES, count * CHUNK_GROWTH)];
      }
    }
    return done;
  }

  /** As it is printed. */
  public static String text(byte[] checksum) {
    return HexFormat.of().formatHex(checksum);
  }

  /** By what has the interface of Java's own. */
  static final class OfDigest extends Checksum {
    private final MessageDigest digest;

    OfDigest(MessageDigest digest) {
      this.digest = digest;
    }

    @Override
    public void update(byte[] data, int offset, int length) {
      digest.update(data, offset, length);
    }

    @Override
    public byte[] finish() {
      return digest.digest();
    }
  }

  /** XXH3 with 64 bits and XXH64. */
  static final class Xx64 extends Checksum {
    private final HashStream64 stream;

    Xx64(Hasher64 hasher) {
      stream = hasher.hashStream();
    }

    @Override
    public void update(byte[] data, int offset, int length) {
      stream.putBytes(data, offset, length);
    }

    @Override
    public byte[] finish() {
      byte[] sum = ByteBuffer.allocate(Long.BYTES).putLong(stream.getAsLong()).array();
      stream.reset();
      return sum;
    }
  }

  /** XXH3 with 128 bits. */
  static final class Xx128 extends Checksum {
    private final HashStream128 stream;

    Xx128(Hasher128 hasher) {
      stream = hasher.hashStream();
    }

    @Override
    public void update(byte[] data, int offset, int length) {
      stream.putBytes(data, offset, length);
    }

    @Override
    public byte[] finish() {
      HashValue128 value = stream.get();
      stream.reset();
      byte[] sum = new byte[2 * Long.BYTES];
      Xxh3.put(sum, 0, value.getMostSignificantBits(), value.getLeastSignificantBits());
      return sum;
    }
  }
}
