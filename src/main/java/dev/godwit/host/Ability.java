package dev.godwit.host;

import dev.godwit.wire.Channel;
import java.io.IOException;

/**
 * One thing that a host can do, as served beside the thing itself. Each room that acts on a host
 * has one; {@code agent} lists them all.
 */
public interface Ability {
  /** The name that {@link Host#open} asks for, such as {@code copy.target}. */
  String name();

  /**
   * Serves one channel until it is done. Runs on a thread of its own (a platform thread: it may
   * make system calls that block). Returning finishes the channel in order; an exception fails it
   * with the exception's message, so the message must be fit for people and hold nothing secret.
   *
   * @param argument from the peer, which may lie
   */
  void serve(Channel channel, byte[] argument) throws IOException, InterruptedException;

  /**
   * Takes a channel that needs no thread of its own. Asked before {@link #serve}, by the thread
   * that reads for all channels of a connection: must not wait.
   *
   * @param argument from the peer, which may lie
   * @return whether the channel was taken, and is closed by whoever has it
   */
  default boolean take(Channel channel, byte[] argument) {
    return false;
  }

  /**
   * Whether {@link #serve} takes something down at its end that must not outlive the connection: an
   * agent waits for it, within a bound, before it ends.
   */
  default boolean takesDown() {
    return false;
  }
}
