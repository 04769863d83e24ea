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
    byte[] chunk = new byte[FileHandle.CHUNK_BYTES];
    long position = from;
    for (int look = 0; look < LOOKS_MAX; look++) {
      int count;
      while ((count = file.read(chunk, 0, chunk.length, position)) > 0) {
        sum.update(chunk, 0, count);
        position += count;
      }
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
    byte[] chunk = new byte[FileHandle.CHUNK_BYTES];
    long position = from;
    while (position < status.size()) {
      int wanted = (int) Math.min(chunk.length, status.size() - position);
      int count = copy.read(chunk, 0, wanted, position);
      if (count == 0) {
        return false;
      }
      found.update(chunk, 0, count);
      position += count;
    }
    return (int) found.getValue() == sum;
  }
}
