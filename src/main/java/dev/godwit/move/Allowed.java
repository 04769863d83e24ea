package dev.godwit.move;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * What a person has allowed mirrors to do, who has looked why one of them halted (H27).
 *
 * @param anyRemovals any share of the target's names may go until the mirrors are live
 * @param newRoot the source's roots are right, whatever they were before
 */
public record Allowed(boolean anyRemovals, boolean newRoot) {
  /** Nobody has said anything. */
  public static final Allowed NOTHING = new Allowed(false, false);

  MessageWriter write(MessageWriter to) {
    return to.bool(anyRemovals).bool(newRoot);
  }

  static Allowed read(MessageReader from) throws WireException {
    return new Allowed(from.bool(), from.bool());
  }
}
