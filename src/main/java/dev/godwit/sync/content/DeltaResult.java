package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.HoleWriter.Holes;

/**
 * The file that a delta makes: a new one beside the basis ({@link #fresh}), or the basis itself
 * ({@link #inPlace}). One thread at a time.
 */
public abstract sealed class DeltaResult {
  private static final int BUFFER_BYTES = 256 << 10;

  final RandomWriter file;
  final HoleWriter writer;
  private final byte[] buffer = new byte[BUFFER_BYTES];

  private DeltaResult(RandomWriter file, Holes holes) {
    this.file = file;
    writer = new HoleWriter(file, holes);
  }

  /**
   * A new file.
   *
   * @param basis what is copied from
   * @param isSparse the basis has holes; they stay ones
   * @param file empty, open for reading and writing
   * @param holes what becomes of zeros in new content; unless {@link Holes#NONE}, in old too
   */
  public static DeltaResult fresh(
      RandomReader basis, boolean isSparse, RandomWriter file, Holes holes) {
    return new Fresh(basis, isSparse, file, holes);
  }

  /**
   * The basis is overwritten.
   *
   * @param file open for reading and writing
   * @param holes what becomes of zeros in new content
   */
  public static DeltaResult inPlace(RandomWriter file, Holes holes) {
    return new InPlace(file, holes);
  }

  abstract boolean isInPlace();

  /** Before anything else. */
  abstract void begin(long basisSize) throws LinuxException;

  /** Content of the basis comes to stand at {@code to}. */
  abstract void copy(long from, long to, long length) throws LinuxException;

  final void write(long to, byte[] data, int offset, int length) throws LinuxException {
    writer.seek(to);
    writer.write(data, offset, length);
  }

  final void zeros(long to, long length) throws LinuxException {
    writer.seek(to);
    writer.zeros(length);
  }

  /** All content is there. */
  void finish(long size) throws LinuxException {
    writer.seek(size);
    writer.finish();
  }

  /** By way of memory, so that zeros are seen. */
  final void copyByReading(RandomReader from, long position, long to, long length)
      throws LinuxException {
    writer.seek(to);
    long done = 0;
    while (done < length) {
      int wanted = (int) Math.min(buffer.length, length - done);
      int count = from.readFully(position + done, buffer, 0, wanted);
      if (count == 0) {
        return; // shorter by now; the verification will say so
      }
      writer.write(buffer, 0, count);
      done += count;
    }
  }

  /** Beside the basis. */
  private static final class Fresh extends DeltaResult {
    /** What the kernel copies at once, so that it goes on while the source still sends. */
    private static final long COPY_BYTES_MAX = 16 << 20;

    private final RandomReader basis;
    private final boolean isSparse;
    private final Holes holes;
    private boolean isClone;
    private boolean canCopyRanges = true;

    // A copy that was not made yet, because the next one may go on where it ends.
    private long pendingFrom;
    private long pendingTo;
    private long pendingLength;

    Fresh(RandomReader basis, boolean isSparse, RandomWriter file, Holes holes) {
      super(file, holes);
      this.basis = basis;
      this.isSparse = isSparse;
      this.holes = holes;
    }

    @Override
    boolean isInPlace() {
      return false;
    }

    @Override
    void begin(long basisSize) throws LinuxException {
      isClone = holes != Holes.PASSED_OVER && file.cloneFrom(basis);
    }

    @Override
    void copy(long from, long to, long length) throws LinuxException {
      if (isClone && from == to) {
        return;
      }
      if (from == pendingFrom + pendingLength && to == pendingTo + pendingLength) {
        pendingLength += length;
      } else {
        settle();
        pendingFrom = from;
        pendingTo = to;
        pendingLength = length;
      }
      while (pendingLength >= COPY_BYTES_MAX) {
        copyNow(pendingFrom, pendingTo, COPY_BYTES_MAX);
        pendingFrom += COPY_BYTES_MAX;
        pendingTo += COPY_BYTES_MAX;
        pendingLength -= COPY_BYTES_MAX;
      }
    }

    private void settle() throws LinuxException {
      if (pendingLength > 0) {
        copyNow(pendingFrom, pendingTo, pendingLength);
        pendingLength = 0;
      }
    }

    @Override
    void finish(long size) throws LinuxException {
      settle();
      super.finish(size);
    }

    private void copyNow(long from, long to, long length) throws LinuxException {
      if (!isSparse || isClone) {
        copyContent(from, to, length);
        return;
      }
      long end = from + length;
      long at = from;
      while (at < end) {
        long data = basis.nextData(at);
        if (data < 0 || data >= end) {
          break;
        }
        long hole = basis.nextHole(data);
        long dataEnd = hole <= data ? end : Math.min(hole, end);
        copyContent(data, to + (data - from), dataEnd - data);
        at = dataEnd;
      }
    }

    private void copyContent(long from, long to, long length) throws LinuxException {
      long done = 0;
      while (canCopyRanges && holes == Holes.NONE && done < length) {
        long count = file.copyFrom(basis, from + done, to + done, length - done);
        if (count == 0) {
          return; // shorter by now; the verification will say so
        }
        if (count < 0) {
          canCopyRanges = false;
        } else {
          done += count;
        }
      }
      copyByReading(basis, from + done, to + done, length - done);
    }
  }

  /** The basis itself. */
  private static final class InPlace extends DeltaResult {
    InPlace(RandomWriter file, Holes holes) {
      super(file, holes);
    }

    @Override
    boolean isInPlace() {
      return true;
    }

    @Override
    void begin(long basisSize) {}

    /** A range may move onto itself: then what would be overwritten is moved first. */
    @Override
    void copy(long from, long to, long length) throws LinuxException {
      if (from == to) {
        return;
      }
      if (to < from || to >= from + length) {
        copyByReading(file, from, to, length);
        return;
      }
      long left = length;
      while (left > 0) {
        long part = Math.min(BUFFER_BYTES, left);
        left -= part;
        copyByReading(file, from + left, to + left, part);
      }
    }
  }
}
