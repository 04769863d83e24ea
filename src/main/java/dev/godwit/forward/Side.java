package dev.godwit.forward;

import dev.godwit.linux.Epoll;

/** One socket of a relayed connection, and what is known about it between edges. */
final class Side implements EventLoop.Handler {
  final int fd;
  private final RelayedConnection connection;

  /** True until a read said that there is nothing more for now. */
  boolean readable = true;

  /** True until a write said that there is no room for now. */
  boolean writable = true;

  /**
   * The peer may have sent FIN or RST: a read that comes up short does not mean that it is drained.
   * True at first, because the edge that said so may have come before this handler.
   */
  boolean peerEnded = true;

  Side(int fd, RelayedConnection connection) {
    this.fd = fd;
    this.connection = connection;
  }

  @Override
  public void ready(int events) {
    if ((events & (Epoll.IN | Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
      readable = true;
    }
    if ((events & (Epoll.OUT | Epoll.HUP | Epoll.ERR)) != 0) {
      writable = true;
    }
    if ((events & (Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
      peerEnded = true;
    }
    connection.ready(this, (events & Epoll.ERR) != 0);
  }
}
