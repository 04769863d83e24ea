package dev.godwit.sync;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * How the target treats what comes and what stands there.
 *
 * @param owner whether owners are kept, as far as this process may set them
 * @param group whether groups are kept
 * @param permissions whether permissions are kept; if not, new names get those of the source less
 *     the umask, and others stay as they are
 * @param update whether files that are newer on the target are left alone
 * @param deleteExcluded whether names that are not sent are removed too
 * @param removals when, where anything is removed at all
 * @param removedPercentMax the share of the target's names that may go within {@link
 *     RemovalGuard#WINDOW}; 100 for any
 * @param trash where what is removed or replaced goes: a path below the target's root, or an
 *     absolute one on the same file system; empty: it is gone
 * @param trashSeconds how long it stays there
 */
@SuppressWarnings("ArrayRecordComponent") // the path is bytes; never compared
public record Treatment(
    boolean owner,
    boolean group,
    boolean permissions,
    boolean update,
    boolean deleteExcluded,
    Removals removals,
    int removedPercentMax,
    byte[] trash,
    long trashSeconds) {
  /** Everything as at the source, without limits. */
  public static final Treatment EXACT =
      new Treatment(true, true, true, false, false, Removals.ALL, 100, new byte[0], 0);

  /** The same without a limit to the share that may go. */
  public Treatment removingAny() {
    return new Treatment(
        owner, group, permissions, update, deleteExcluded, removals, 100, trash, trashSeconds);
  }

  void write(MessageWriter message) {
    message.bool(owner).bool(group).bool(permissions).bool(update).bool(deleteExcluded);
    message.u8(removals.ordinal()).u32(removedPercentMax).bytes(trash).u64(trashSeconds);
  }

  static Treatment read(MessageReader message) throws WireException {
    boolean owner = message.bool();
    boolean group = message.bool();
    boolean permissions = message.bool();
    boolean update = message.bool();
    boolean deleteExcluded = message.bool();
    int removals = message.u8();
    if (removals >= Removals.values().length) {
      throw new WireException("malformed message: removals " + removals);
    }
    return new Treatment(
        owner,
        group,
        permissions,
        update,
        deleteExcluded,
        Removals.values()[removals],
        message.count(100),
        message.bytes(TreePath.BYTES_MAX),
        Math.max(0, message.u64()));
  }
}
