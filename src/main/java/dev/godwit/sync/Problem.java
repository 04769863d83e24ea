package dev.godwit.sync;

import dev.godwit.linux.Errno;
import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * Something that was not copied, and why. Other work goes on.
 *
 * @param side where it happened
 * @param path below the root, as bytes; empty for the root itself
 * @param cause for people
 * @param errno 0 when no system call failed
 */
@SuppressWarnings("ArrayRecordComponent") // the path is bytes; problems are never compared
public record Problem(Side side, byte[] path, String cause, int errno) {
  /** The side of a copy. */
  public enum Side {
    SOURCE,
    TARGET
  }

  /** A file that was being written while it was read; another look at it settles that (H13). */
  public static final String UNSTABLE = "the file changes while it is read";

  private static final int CAUSE_BYTES_MAX = 4000;

  /** Whether the target has no room or does not let itself be written to at all. */
  public boolean isTargetUnusable() {
    return side == Side.TARGET
        && (errno == Errno.ENOSPC || errno == Errno.EDQUOT || errno == Errno.EROFS);
  }

  /** Whether the file was delivered as far as it went, and only has to be looked at once more. */
  public boolean isUnstable() {
    return side == Side.SOURCE && cause.equals(UNSTABLE);
  }

  /** The path for people. */
  public String shownPath() {
    return path.length == 0 ? "." : Names.display(path);
  }

  public void write(MessageWriter message) {
    message.u8(side.ordinal()).bytes(path).text(cause).u32(errno);
  }

  public static Problem read(MessageReader message) throws WireException {
    Side side = message.bool() ? Side.TARGET : Side.SOURCE;
    byte[] path = TreePath.received(message.bytes(TreePath.BYTES_MAX)).bytes();
    String cause = Names.display(Names.of(message.text(CAUSE_BYTES_MAX)));
    return new Problem(side, path, cause, message.count(4095));
  }

  /** {@code target: mail/new/1: No space left on device}. */
  @Override
  public String toString() {
    return (side == Side.SOURCE ? "source: " : "target: ") + shownPath() + ": " + cause;
  }
}
