package dev.godwit.sync.copy;

import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileSplice;
import dev.godwit.linux.LinuxException;
import org.jspecify.annotations.Nullable;

/**
 * Copies a large file within this host piece by piece, each the cheapest way that is known to work
 * for these two files: by the file system itself, through a pipe, by reading and writing. For one
 * thread.
 */
final class PieceCopy implements AutoCloseable {
  private final FileHandle source;
  private final FileHandle target;
  private final long size;
  private boolean copiesRanges = true;
  private boolean splices = true;
  private @Nullable FileSplice splice;

  /**
   * @param target which writes where the first piece belongs
   * @param size of the source, as it was seen
   */
  PieceCopy(FileHandle source, FileHandle target, long size) {
    this.source = source;
    this.target = target;
    this.size = size;
  }

  /**
   * Copies a piece, or the beginning of it, to the same position, where the target writes; then it
   * writes behind that.
   *
   * @return how many bytes; 0 when the source ends there by now
   */
  long copy(long position, long length) throws LinuxException {
    if (copiesRanges) {
      long count = byRange(position, length);
      if (count >= 0) {
        return count;
      }
      copiesRanges = false;
    }
    if (splices) {
      long count = bySplice(position, length);
      if (count >= 0) {
        return count;
      }
      splices = false;
    }
    return source.copyTo(target, position, length, size);
  }

  private long byRange(long position, long length) throws LinuxException {
    try {
      long count = source.copyRange(position, target, position, length);
      if (count > 0) {
        target.seek(position + count);
      }
      return count;
    } catch (LinuxException e) {
      if (e.errno() != Errno.EIO) {
        throw e;
      }
      target.seek(position);
      return -1; // the next way shows which of the two disks it is
    }
  }

  private long bySplice(long position, long length) throws LinuxException {
    FileSplice used = splice;
    if (used == null) {
      try {
        used = FileSplice.open();
      } catch (LinuxException e) {
        return -1; // without a descriptor for it: by reading and writing, which needs none
      }
      splice = used;
    }
    long done = 0;
    while (done < length) {
      long count = used.copy(source, position + done, target, length - done);
      if (count <= 0) {
        return done > 0 ? done : count;
      }
      done += count;
    }
    return done;
  }

  @Override
  public void close() {
    if (splice != null) {
      splice.close();
    }
  }
}
