package dev.godwit.mirror.actions;

import dev.godwit.linux.FileStatus;

/**
 * What a look has seen of a name.
 *
 * @param birthNanos tells a reused inode number from the one before; 0 when it is not kept
 * @param isFresh whether it was changed just before the look, so that a later change may have the
 *     same time
 */
record Seen(
    int mode,
    int uid,
    int gid,
    long size,
    long mtimeNanos,
    long ctimeNanos,
    long inode,
    long birthNanos,
    boolean isFresh) {
  /** More than a tick of any kernel's clock. */
  static final long TICK_NANOS = 20_000_000;

  private static final long SECOND_NANOS = 1_000_000_000;

  /** Which inode it is. */
  record Identity(long inode, long birthNanos, int type) {}

  /**
   * @param nowNanos the time, in nanoseconds since 1970
   */
  static Seen of(FileStatus status, long nowNanos) {
    return new Seen(
        status.mode(),
        status.uid(),
        status.gid(),
        status.size(),
        status.mtimeTotalNanos(),
        status.ctimeTotalNanos(),
        status.inode(),
        status.birthNanos(),
        nowNanos - status.ctimeTotalNanos() < stampNanos(status));
  }

  /** How long a stamp may be given; inodes of ext3 keep whole seconds. */
  private static long stampNanos(FileStatus status) {
    return (status.isOfWholeSeconds() ? SECOND_NANOS : 0) + TICK_NANOS;
  }

  Identity identity() {
    return new Identity(inode, birthNanos, mode & FileStatus.TYPE);
  }

  boolean isDirectory() {
    return (mode & FileStatus.TYPE) == 0040000;
  }

  boolean isSameType(Seen other) {
    return (mode & FileStatus.TYPE) == (other.mode & FileStatus.TYPE);
  }

  boolean isSame(Seen other) {
    return identity().equals(other.identity());
  }

  /**
   * Whether the content of the same inode is another now.
   *
   * @param wasWritten whether somebody may have written since
   */
  boolean hasOtherContent(Seen now, boolean wasWritten) {
    return !isDirectory()
        && (size != now.size || mtimeNanos != now.mtimeNanos || isFresh && wasWritten);
  }

  /**
   * Whether owners, permissions or, of a file, anything else of the same inode is another now.
   *
   * @param wasMoved whether it has got another name, which changes the inode too
   */
  boolean hasOtherAttributes(Seen now, boolean wasMoved) {
    return mode != now.mode
        || uid != now.uid
        || gid != now.gid
        || !wasMoved && !isDirectory() && ctimeNanos != now.ctimeNanos;
  }
}
