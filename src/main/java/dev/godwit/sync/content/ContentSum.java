package dev.godwit.sync.content;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sha256;
import dev.godwit.linux.Zeros;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 by which two hosts find that they have the same, one file or message after the other. The
 * sum of a file is over what is in it that is not zeros, where in it there are zeros, and its
 * length: so a hole costs nothing, however large it is ({@code /var/log/lastlog} has a size of 1 TB
 * where a user's number is high), and it is all the same whether zeros are a hole. It is not what
 * sha256sum(1) says. One thread at a time.
 */
public final class ContentSum {
  public static final int BYTES = 32;

  /** Zeros are a block that begins at a multiple of it, and all of whose bytes are. */
  static final int BLOCK_BYTES = 64 * 1024;

  /** Most files are small, and each has a sum of its own in a mirror. */
  private static final int BLOCK_FIRST_BYTES = 8 * 1024;

  private static final byte[] NO_ZEROS = new byte[BYTES];

  private final MessageDigest digest = Sha256.start();

  /** Of where zeros begin and end; null until there are some. */
  private @Nullable MessageDigest ranges;

  private byte[] block = new byte[BLOCK_FIRST_BYTES];

  /** The sum of what the file holds from its start to its end. */
  public byte[] of(FileHandle file) throws LinuxException {
    digest.reset();
    boolean hasZeros = false;
    long position = 0;
    long zerosFrom = -1;
    while (true) {
      int count = read(file, position);
      boolean isZero = count > 0 && Zeros.isZero(block, 0, count);
      if (zerosFrom >= 0 && !isZero) {
        addZeros(zerosFrom, position, hasZeros);
        hasZeros = true;
        zerosFrom = -1;
      }
      if (count == 0) {
        break;
      }
      position += count;
      if (!isZero) {
        digest.update(block, 0, count);
        continue;
      }
      if (zerosFrom < 0) {
        zerosFrom = position - count;
      }
      if (count == BLOCK_BYTES) {
        position = Math.max(position, afterHole(file, position));
      }
    }
    digest.update(hasZeros && ranges != null ? ranges.digest() : NO_ZEROS);
    digest.update(number(position));
    return digest.digest();
  }

  /** Where the block begins in which there is content next; the end of the file if in none. */
  private static long afterHole(FileHandle file, long position) throws LinuxException {
    long data = file.nextData(position);
    return data < 0 ? file.status().size() : data - data % BLOCK_BYTES;
  }

  /** Reads until the end of a block, or that of the file. */
  private int read(FileHandle handle, long position) throws LinuxException {
    FileContent file = new FileContent(handle);
    int wanted = BLOCK_BYTES - (int) (position % BLOCK_BYTES);
    int done = file.readFully(position, block, 0, Math.min(wanted, block.length));
    if (done == block.length && done < wanted) {
      block = Arrays.copyOf(block, BLOCK_BYTES);
      done += file.readFully(position + done, block, done, wanted - done);
    }
    return done;
  }

  private void addZeros(long from, long to, boolean areMore) {
    MessageDigest all = ranges;
    if (all == null) {
      all = Sha256.start();
      ranges = all;
    }
    if (!areMore) {
      all.reset();
    }
    all.update(number(from));
    all.update(number(to));
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  /** The sum of the first bytes of an array, as sha256sum(1) has it. */
  public byte[] of(byte[] bytes, int length) {
    digest.reset();
    add(bytes, length);
    return end();
  }

  /** Goes on with the first bytes of an array. */
  public void add(byte[] bytes, int length) {
    digest.update(bytes, 0, length);
  }

  /** The sum of all that was added. */
  public byte[] end() {
    return digest.digest();
  }
}
