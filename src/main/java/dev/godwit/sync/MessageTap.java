package dev.godwit.sync;

import dev.godwit.wire.WireException;

/**
 * Sees the messages that a {@link Pump} carries. Called on the pump's threads, one for each
 * direction; what it throws ends the copy.
 */
public interface MessageTap {
  /**
   * A message of the source: for the target, or (first byte 0x80 and above) for the controller.
   *
   * @return whether it is passed on; what is for the controller never is
   */
  default boolean fromSource(byte[] message) throws WireException {
    return true;
  }

  /**
   * A message of the target for the source.
   *
   * @return whether it is passed on
   */
  default boolean fromTarget(byte[] message) throws WireException {
    return true;
  }

  /**
   * Nothing more comes from the target, which did not finish in order. Called before either side's
   * end is waited for.
   */
  default void targetEnded(WireException reason) {}
}
