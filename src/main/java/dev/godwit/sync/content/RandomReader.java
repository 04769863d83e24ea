package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import java.lang.foreign.MemorySegment;

/** A file that can be read anywhere. Many threads may read at once. */
public interface RandomReader {
  /**
   * Reads at a position.
   *
   * @return how many bytes, perhaps fewer than asked for; 0 at the end of the file
   */
  int read(long position, byte[] into, int offset, int length) throws LinuxException;

  /**
   * As {@link #read}, for content that is only looked at.
   *
   * @return what was read, perhaps less than asked for; it stays until this thread reads or writes
   *     any file
   */
  MemorySegment look(long position, int length) throws LinuxException;

  /** Where the next content is, from a position on; -1 when there is only a hole (SEEK_DATA). */
  long nextData(long position) throws LinuxException;

  /**
   * Where the next hole is, from a position on; the end of the file counts as one; -1 when the
   * position is at the end or behind it (SEEK_HOLE).
   */
  long nextHole(long position) throws LinuxException;

  /**
   * Reads until {@code length} bytes are there or the file ends.
   *
   * @return how many bytes; fewer than asked for at the end of the file only
   */
  default int readFully(long position, byte[] into, int offset, int length) throws LinuxException {
    int done = 0;
    while (done < length) {
      int count = read(position + done, into, offset + done, length - done);
      if (count == 0) {
        break;
      }
      done += count;
    }
    return done;
  }
}
