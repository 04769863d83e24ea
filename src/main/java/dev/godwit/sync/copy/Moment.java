package dev.godwit.sync.copy;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a file was at one moment, of a file that goes on growing, as a log does: it is never still
 * while it is read, and would never be copied. It is read up to its end, and asked for its status,
 * which says that this is the end. What is read of it afterwards is what it was at that moment if
 * it has the same sum: no byte of it changed from the first reading to the second (H13).
 *
 * @param status at that moment; a change after it has another stamp
 * @param sum CRC-32C of the content from a place on
 */
record Moment(FileStatus status, int sum) {
  /** One that grows faster than it can be read has no such moment. */
  private static final int LOOKS_MAX = 20;

  /**
   * Reads a file.
   *
   * @param from where the content begins that is to be copied
   * @return null when none was found
   */
  static @Nullable Moment of(FileHandle file, long from, Freshness freshness)
      throws LinuxException, InterruptedException {
    CRC32C sum = new CRC32C();
    long position = from;
    for (int look = 0; look < LOOKS_MAX; look++) {
      position = read(file, position, Long.MAX_VALUE, sum);
      FileStatus status = freshness.settle(file, file.status());
      if (status.size() == position) {
        return new Moment(status, (int) sum.getValue());
      }
      if (status.size() < position) {
        return null; // it does not only grow
      }
    }
    return null;
  }

  /** Whether to look for one: the file has grown while it was read. */
  static boolean isWorthwhile(FileStatus before, FileStatus after) {
    return after.isSameInode(before) && after.size() > before.size() && !after.isSparse();
  }

  /** Whether a copy has the content of that moment. */
  boolean isIn(FileHandle copy, long from) throws LinuxException {
    CRC32C found = new CRC32C();
    return read(copy, from, status.size(), found) == status.size() && (int) found.getValue() == sum;
  }

  /** Returns where it ended: at the place that is asked for, or at the end of the file. */
  private static long read(FileHandle file, long from, long to, CRC32C sum) throws LinuxException {
    byte[] chunk = new byte[FileHandle.CHUNK_BYTES];
    long position = from;
    while (position < to) {
      int count = file.read(chunk, 0, (int) Math.min(chunk.length, to - position), position);
      if (count == 0) {
        break;
      }
      sum.update(chunk, 0, count);
      position += count;
    }
    return position;
  }
}
