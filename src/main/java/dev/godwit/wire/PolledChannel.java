package dev.godwit.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An end of a channel for who must not wait, such as an event loop: what cannot be had now is
 * announced when it can ({@link Channel#polled}). In the place of {@link #receive} and {@link
 * #send}; the rest is as ever.
 *
 * <p>Threads: one, but for what {@link Channel} allows of any.
 */
public interface PolledChannel extends Channel {
  /**
   * The next message.
   *
   * @return null when there is none now, or none any more: see {@link #isFinished}
   * @throws WireException as {@link #receive}
   */
  byte @Nullable [] tryReceive() throws WireException;

  /** Whether the peer has finished in order, and everything that it sent was received. */
  boolean isFinished();

  /**
   * Whether the connection is lost, or the peer has failed or closed the channel: known before what
   * came until then was received, and also after the peer has finished.
   */
  boolean hasFailed();

  /**
   * Sends as many of these bytes as there is room for now, which may be none, in as many messages
   * as that takes. Those that are left may be tried again when that is announced. They go out with
   * the next {@link #flush}, if not before.
   *
   * @throws WireException as {@link #send}
   */
  void trySend(ByteBuffer bytes) throws WireException;

  /**
   * Has everything go out that was sent by polled channels of the connection, and what else they
   * have to say: a finish, a failure, the credit for what was received. To be called after any
   * number of such calls. Where it is little, and goes out at once, no other thread is woken for
   * it.
   */
  void flush();
}
