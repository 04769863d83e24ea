package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Zeros;

/**
 * Writes content one piece after the other and leaves zeros out as holes, as {@code --sparse} of
 * rsync(1) does: whatever blocks of {@link Zeros#BLOCK_BYTES} of the file have only zeros, the last
 * one too when it is not whole. One thread at a time.
 */
public final class HoleWriter {
  /** What becomes of zeros. */
  public enum Holes {
    /** They are written. */
    NONE,

    /** They are passed over: the file is new and has nothing there. */
    PASSED_OVER,

    /** Room that is there is taken back: of a file that had content, or whose room was reserved. */
    PUNCHED
  }

  private static final byte[] BLOCK = new byte[Zeros.BLOCK_BYTES];

  private final RandomWriter file;
  private final Holes holes;

  /** Where the zeros begin that were not dealt with yet, and how far content has come. */
  private long zerosFrom;

  private long position;

  public HoleWriter(RandomWriter file, Holes holes) {
    this.file = file;
    this.holes = holes;
  }

  /** Content goes on at this position. */
  public void seek(long to) throws LinuxException {
    if (to != position) {
      settle();
      position = to;
      zerosFrom = to;
    }
  }

  public long position() {
    return position;
  }

  /** Whether all that was taken is in the file: no zeros wait for what comes after them. */
  boolean isSettled() {
    return zerosFrom == position;
  }

  /** Takes the next piece of the content. */
  public void write(byte[] data, int offset, int length) throws LinuxException {
    if (holes == Holes.NONE) {
      file.write(position, data, offset, length);
      position += length;
      zerosFrom = position;
      return;
    }
    int end = offset + length;
    int at = offset;
    int unwritten = offset; // content before "at" that is no zeros
    while (at < end) {
      int inBlock = (int) (position % Zeros.BLOCK_BYTES);
      int part = Math.min(Zeros.BLOCK_BYTES - inBlock, end - at);
      if (Zeros.isZero(data, at, part)) {
        if (unwritten < at) {
          file.write(position - (at - unwritten), data, unwritten, at - unwritten);
          zerosFrom = position;
        }
        unwritten = at + part;
      } else if (unwritten == at) {
        settle();
      }
      at += part;
      position += part;
    }
    if (unwritten < end) {
      file.write(position - (end - unwritten), data, unwritten, end - unwritten);
      zerosFrom = position;
    }
  }

  /** As {@link #write} with so many zeros. */
  public void zeros(long length) throws LinuxException {
    position += length;
    if (holes == Holes.NONE) {
      settle();
    }
  }

  /** All content is there: gives the file its length, which is the position. */
  public void finish() throws LinuxException {
    settle();
    file.truncate(position);
  }

  /** Deals with the zeros that come last. */
  private void settle() throws LinuxException {
    long length = position - zerosFrom;
    if (length == 0) {
      return;
    }
    boolean isDone =
        switch (holes) {
          case NONE -> false;
          case PASSED_OVER -> true;
          case PUNCHED -> length >= Zeros.BLOCK_BYTES && file.punch(zerosFrom, length);
        };
    if (!isDone) {
      for (long at = zerosFrom; at < position; at += BLOCK.length) {
        file.write(at, BLOCK, 0, (int) Math.min(BLOCK.length, position - at));
      }
    }
    zerosFrom = position;
  }
}
