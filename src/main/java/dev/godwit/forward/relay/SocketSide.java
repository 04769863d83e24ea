package dev.godwit.forward.relay;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.linux.Epoll;
import dev.godwit.linux.Sockets;
import java.lang.foreign.MemorySegment;

/** A connected socket, registered with {@link EventLoop#interest} before. Loop thread only. */
public final class SocketSide extends Side implements EventLoop.Handler {
  private final EventLoop loop;
  private final int fd;

  /**
   * Takes the descriptor, and its events, from whoever has registered it.
   *
   * @param events what it has had since it was registered: what was announced and not read is not
   *     announced again, and what was not announced will be; with {@code EPOLLERR} its end is a
   *     reset, whatever it reads as. {@link Relay#ANY_EVENTS} where that is not known
   */
  public SocketSide(EventLoop loop, int fd, int events) {
    super(events != Relay.ANY_EVENTS && (events & Epoll.ERR) != 0);
    this.loop = loop;
    this.fd = fd;
    note(events);
    loop.hand(fd, this);
  }

  @Override
  public void ready(int events) {
    note(events);
    noted((events & Epoll.ERR) != 0);
  }

  private void note(int events) {
    if ((events & (Epoll.IN | Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
      readable = true;
    }
    if ((events & (Epoll.OUT | Epoll.HUP | Epoll.ERR)) != 0) {
      writable = true;
    }
    // FIN, RST and urgent data end a read.
    if ((events & (Epoll.PRI | Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
      mayHoldMore = true;
    }
  }

  @Override
  public long receive(MemorySegment buffer) {
    return Sockets.receive(fd, buffer.address(), buffer.byteSize());
  }

  @Override
  long send(MemorySegment bytes) {
    return Sockets.send(fd, bytes.address(), bytes.byteSize());
  }

  @Override
  void finish() {
    Sockets.finish(fd);
  }

  @Override
  public void close(boolean withReset) {
    loop.forget(fd);
    if (withReset) {
      Sockets.closeWithReset(fd);
    } else {
      Sockets.close(fd);
    }
  }

  @Override
  int pendingError() {
    return Sockets.pendingError(fd);
  }

  @Override
  void settle() {
    Tuning.settle(fd);
  }

  @Override
  int descriptor() {
    return fd;
  }
}
