package dev.godwit.forward;

import dev.godwit.linux.Epoll;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection that no service has seen yet: nothing was read from it, nothing sent for
 * it. Loop thread only.
 */
final class Guest implements EventLoop.Handler {
  final int fd;
  final InetSocketAddress client;
  final InetSocketAddress local;
  final GroupCount group;
  final long arrivedNanos;

  /** When the first attempt for it failed; 0 while none did. */
  long failedNanos;

  @Nullable Dial dial;
  boolean gone;

  private final WaitingRoom room;

  Guest(
      WaitingRoom room,
      int fd,
      InetSocketAddress client,
      InetSocketAddress local,
      GroupCount group,
      long arrivedNanos) {
    this.room = room;
    this.fd = fd;
    this.client = client;
    this.local = local;
    this.group = group;
    this.arrivedNanos = arrivedNanos;
  }

  @Override
  public void ready(int events) {
    // FIN alone is no reason: a client may end its side and wait for the answer.
    if ((events & (Epoll.ERR | Epoll.HUP)) != 0) {
      room.left(this);
    }
  }
}
