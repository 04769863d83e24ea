package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;

/**
 * Walks over a file as ranges that are content or hole, in order, so that holes need not be read. A
 * file that changes meanwhile may be told wrongly, but always as ranges that follow each other and
 * end at the size that it had. One thread at a time.
 */
public final class ContentPlan {
  private final RandomReader file;
  private final long size;
  private long position;
  private long end;
  private boolean isHole;

  /**
   * Begins before the first range.
   *
   * @param size as it was when the file was looked at
   */
  public ContentPlan(RandomReader file, long size) {
    this.file = file;
    this.size = size;
  }

  /** Goes to the next range; false when there is none. */
  public boolean next() throws LinuxException {
    position = end;
    if (position >= size) {
      return false;
    }
    long data = file.nextData(position);
    if (data < 0 || data > position) {
      isHole = true;
      end = data < 0 ? size : Math.min(data, size);
    } else {
      isHole = false;
      long hole = file.nextHole(position);
      // A hole just here would be one that came up since: it is read like content.
      end = hole <= position ? size : Math.min(hole, size);
    }
    return true;
  }

  public boolean isHole() {
    return isHole;
  }

  /** Where the range begins. */
  public long position() {
    return position;
  }

  /** How long it is, in bytes; more than 0. */
  public long length() {
    return end - position;
  }
}
