package dev.godwit.forward.relay;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One end of a relayed connection: what its bytes come from and go to without waiting, and what is
 * known about it between two events. Loop thread only.
 */
public abstract sealed class Side permits SocketSide, ChannelSide {
  /** True from an event until a read said that there is nothing more for now. */
  boolean readable;

  /** True until a write said that there is no room for now. */
  boolean writable = true;

  /** A read that comes up short does not mean that there is nothing more. */
  boolean mayHoldMore;

  /** It was reset before it was joined: what reads as its end is none. */
  final boolean wasReset;

  private @Nullable RelayedConnection connection;

  Side(boolean wasReset) {
    this.wasReset = wasReset;
  }

  /** From now on its events are this connection's. */
  void joined(RelayedConnection to) {
    connection = to;
  }

  /**
   * Tells the connection, if there is one already, what was noted.
   *
   * @param error it was reset, or is lost
   */
  void noted(boolean error) {
    RelayedConnection joined = connection;
    if (joined != null) {
      joined.ready(this, error);
    }
  }

  /** Bytes received, 0 at the end of the stream, or a negated errno. */
  public abstract long receive(MemorySegment buffer);

  /** Bytes taken, or a negated errno. */
  abstract long send(MemorySegment bytes);

  /** Sends the end of the stream, after what was sent. */
  abstract void finish();

  /**
   * It is not used any more.
   *
   * @param withReset its other end sees a reset, and not an orderly end
   */
  public abstract void close(boolean withReset);

  /** Why it failed, as a positive errno; 0 where that is not known any more. */
  abstract int pendingError();

  /** Takes the options that only one needs that stays. */
  abstract void settle();

  /** What can be given to splice(2); -1 when there is none. */
  abstract int descriptor();
}
