package dev.godwit.forward.relay;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.linux.Epoll;

/** One socket of a relayed connection, and what is known about it between edges. */
final class Side implements EventLoop.Handler {
  final int fd;
  private final RelayedConnection connection;

  /** True from an event until a read said that there is nothing more for now. */
  boolean readable;

  /** True until a write said that there is no room for now. */
  boolean writable = true;

  /**
   * The peer may have sent FIN, RST or urgent data, at which a read ends: one that comes up short
   * does not mean that it is drained.
   */
  boolean mayHoldMore;

  /** It was reset before it was joined: what reads as its end is none. */
  final boolean wasReset;

  /**
   * @param events that the descriptor has had already
   */
  Side(int fd, RelayedConnection connection, int events) {
    this.fd = fd;
    this.connection = connection;
    wasReset = events != Relay.ANY_EVENTS && (events & Epoll.ERR) != 0;
    note(events);
  }

  @Override
  public void ready(int events) {
    note(events);
    connection.ready(this, (events & Epoll.ERR) != 0);
  }

  private void note(int events) {
    if ((events & (Epoll.IN | Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
      readable = true;
    }
    if ((events & (Epoll.OUT | Epoll.HUP | Epoll.ERR)) != 0) {
      writable = true;
    }
    if ((events & (Epoll.PRI | Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
      mayHoldMore = true;
    }
  }
}
