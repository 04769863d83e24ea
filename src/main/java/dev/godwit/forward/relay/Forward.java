package dev.godwit.forward.relay;

import dev.godwit.forward.Limits;
import dev.godwit.forward.loop.Acceptor;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;

/**
 * The relay alone: listens at an address and passes each connection on to another one. A connection
 * whose destination does not answer is tried again for two seconds and then reset.
 *
 * <p>Threads: any.
 */
public final class Forward implements AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(15);

  private final Relay relay;
  private final WaitingRoom room;
  private final Count count;
  private final Acceptor acceptor;
  private final InetSocketAddress address;

  private Forward(Relay relay, WaitingRoom room, Count count, int listener) throws LinuxException {
    this.relay = relay;
    this.room = room;
    this.count = count;
    address = Sockets.localAddress(listener);
    acceptor = new Acceptor(relay.loop(), listener, this::arrived);
  }

  /**
   * @param listen where to listen; port 0 for one that is free
   */
  public static Forward start(InetSocketAddress listen, InetSocketAddress to)
      throws IOException, InterruptedException {
    int listener = Sockets.tcpFor(listen.getAddress());
    Sockets.set(listener, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
    if (listen.getAddress() instanceof Inet6Address) {
      Sockets.set(listener, Sockets.SOL_IPV6, Sockets.IPV6_V6ONLY, 0);
    }
    Tuning.apply(listener);
    try {
      Sockets.bind(listener, listen);
      Sockets.listen(listener, ServiceListener.BACKLOG);
    } catch (LinuxException e) {
      Sockets.close(listener);
      throw e;
    }
    Relay relay = Relay.start("forward loop");
    WaitingRoom room = new WaitingRoom(relay, Limits.guests(), null);
    Count count = new Count();
    Forward forward = new Forward(relay, room, count, listener);
    Dial.Call call = new Dial.Call(to, null, false, new byte[0], false, CONNECT_LIMIT);
    relay
        .loop()
        .ask(
            () -> {
              try {
                room.open(guest -> call);
                forward.acceptor.start();
                return true;
              } catch (LinuxException e) {
                throw new IllegalStateException(e);
              }
            });
    return forward;
  }

  private void arrived(int fd) {
    try {
      room.admit(fd, Sockets.peerAddress(fd), Sockets.localAddress(fd), count, false);
    } catch (LinuxException e) {
      Sockets.close(fd); // reset by the client meanwhile
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  Relay relay() {
    return relay;
  }

  /** Connections relayed now. */
  public int open() {
    return relay.open();
  }

  /** Connections that ever came. */
  public long total() {
    return count.total.sum();
  }

  /** Bytes relayed, both directions together. */
  public long bytes() {
    return relay.bytes();
  }

  /** Connections that failed, by cause. */
  public Map<String, Long> errors() {
    return count.errors();
  }

  /** Resets what is relayed and ends. */
  @Override
  public void close() {
    relay
        .loop()
        .execute(
            () -> {
              acceptor.close();
              room.clear();
            });
    relay.close();
  }
}
