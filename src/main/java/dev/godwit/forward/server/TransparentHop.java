package dev.godwit.forward.server;

import dev.godwit.forward.loop.Acceptor;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.Relay;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/**
 * Channels of the JDK that reach a service of this host from a client's own address, which the JDK
 * cannot do: each is a connection of the loopback to a relay, which does it for them. The relay
 * knows them by their port; others are turned away.
 *
 * <p>Threads: any.
 */
final class TransparentHop implements AutoCloseable {
  private record Wanted(Dial.Call call, CompletableFuture<Integer> errno) {}

  private final Relay relay;
  private final Acceptor acceptor;
  private final InetSocketAddress address;
  private final Map<Integer, Wanted> wanted = new ConcurrentHashMap<>();

  private TransparentHop(Relay relay, int listener) throws LinuxException {
    this.relay = relay;
    address = Sockets.localAddress(listener);
    acceptor = new Acceptor(relay.loop(), listener, this::arrived);
  }

  static TransparentHop start() throws IOException {
    int listener = Sockets.tcp(false);
    try {
      Tuning.apply(listener);
      Sockets.bind(listener, new InetSocketAddress(ListenSocket.LOOPBACK_4, 0));
      Sockets.listen(listener, ServiceListener.BACKLOG);
    } catch (LinuxException e) {
      Sockets.close(listener);
      throw e;
    }
    TransparentHop hop = new TransparentHop(Relay.start("transparent loop"), listener);
    hop.relay
        .loop()
        .execute(
            () -> {
              try {
                hop.acceptor.start();
              } catch (LinuxException e) {
                throw new IllegalStateException(e);
              }
            });
    return hop;
  }

  /**
   * @param client what the service shall see; another port of the same address if this one is taken
   * @param destination of this host, in the client's family
   * @throws LinuxException when the service cannot be reached
   */
  SocketChannel connect(InetSocketAddress client, InetSocketAddress destination, Duration limit)
      throws IOException, InterruptedException {
    SocketChannel socket = SocketChannel.open();
    int port = 0;
    boolean connected = false;
    try {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      socket.bind(new InetSocketAddress(ListenSocket.LOOPBACK_4, 0));
      port = ((InetSocketAddress) socket.getLocalAddress()).getPort();
      Wanted one =
          new Wanted(
              new Dial.Call(destination, client, true, new byte[0], false, limit),
              new CompletableFuture<>());
      wanted.put(port, one);
      socket.connect(address);
      int errno = one.errno().get();
      LinuxException.check(-errno, "connect", Sockets.display(destination));
      connected = true;
      return socket;
    } catch (ExecutionException e) {
      throw new AssertionError("only completed in order", e);
    } finally {
      wanted.remove(port);
      if (!connected) {
        socket.close();
      }
    }
  }

  /** Loop thread. */
  private void arrived(int fd) {
    InetSocketAddress peer = Sockets.acceptedPeer();
    InetAddress from = peer == null ? null : peer.getAddress();
    Wanted one =
        peer == null || !ListenSocket.LOOPBACK_4.equals(from) ? null : wanted.get(peer.getPort());
    if (one == null) {
      Sockets.closeWithReset(fd);
      return;
    }
    Dial unused = Dial.start(relay.loop(), one.call(), new Result(fd, one.errno()));
  }

  private final class Result implements Dial.Outcome {
    private final int fd;
    private final CompletableFuture<Integer> errno;

    private Result(int fd, CompletableFuture<Integer> errno) {
      this.fd = fd;
      this.errno = errno;
    }

    @Override
    public void connected(int service, int events) {
      try {
        relay.loop().add(fd, EventLoop.interest(), ignored -> {});
        errno.complete(0);
        relay.join(fd, Relay.ANY_EVENTS, service, events, () -> {});
      } catch (LinuxException e) {
        relay.loop().forget(service);
        Sockets.closeWithReset(service);
        failed(e.errno());
      }
    }

    @Override
    public void failed(int failure) {
      Sockets.closeWithReset(fd);
      errno.complete(failure);
    }
  }

  @Override
  public void close() {
    relay.loop().execute(acceptor::close);
    relay.close();
  }
}
