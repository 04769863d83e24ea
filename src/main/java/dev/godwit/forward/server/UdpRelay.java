package dev.godwit.forward.server;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.linux.Datagrams;
import dev.godwit.linux.Epoll;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams of one listening socket, to a destination and back: for each client a session with a
 * socket of its own, so that answers find their way, until nothing has moved for a while. Loop
 * thread only, but for {@link #sessions}.
 */
final class UdpRelay implements EventLoop.Handler {
  /** The largest UDP payload. */
  private static final int DATAGRAM_BYTES_MAX = 65_535;

  private static final int SESSIONS_MAX = 4096;
  private static final int TURN_MAX = 64;
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(30);

  /** A session younger than this is not given up for a new one. */
  private static final long YOUNG_NANOS = 1_000_000_000L;

  private static final long SWEEP_NANOS = 1_000_000_000L;

  private final EventLoop loop;
  private final ListenSocket socket;
  private final boolean six;

  /** Of a socket for all addresses; null of one that has one, and answers from it anyway. */
  private final @Nullable Datagrams everywhere;

  private final ForwardGroup group;
  private final int index;
  private final int port;
  private final MemorySegment buffer = Arena.ofAuto().allocate(DATAGRAM_BYTES_MAX, 64);

  /** The one in which something moved longest ago comes first. */
  private final Map<Client, Session> sessions = new LinkedHashMap<>(64, 0.75f, true);

  /**
   * Whom a session is for.
   *
   * @param local the address of this host that it sends to; null where there is only one
   */
  private record Client(InetSocketAddress address, @Nullable InetAddress local) {}

  private volatile int count;
  private boolean stopped;

  private UdpRelay(
      EventLoop loop,
      ListenSocket socket,
      ForwardGroup group,
      int index,
      int port,
      boolean six,
      @Nullable Datagrams everywhere) {
    this.everywhere = everywhere;
    this.loop = loop;
    this.socket = socket;
    this.group = group;
    this.index = index;
    this.port = port;
    this.six = six;
  }

  static UdpRelay start(
      EventLoop loop, ListenSocket socket, ForwardGroup group, int index, int port)
      throws IOException {
    InetSocketAddress address = socket.address();
    boolean six = address != null && address.getAddress().getAddress().length == 16;
    Datagrams everywhere =
        address != null && address.getAddress().isAnyLocalAddress()
            ? new Datagrams(socket.fd(), six)
            : null;
    UdpRelay relay = new UdpRelay(loop, socket, group, index, port, six, everywhere);
    BooleanSupplier added =
        () -> {
          try {
            loop.add(socket.fd(), Epoll.IN, relay);
            relay.sweepLater();
            return true;
          } catch (LinuxException e) {
            return false;
          }
        };
    try {
      if (!loop.ask(added::getAsBoolean)) {
        throw new IOException("unable to wait for datagrams at " + socket.display());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return relay;
  }

  /** Clients that answers go to. Any thread. */
  int sessions() {
    return count;
  }

  @Override
  public void ready(int events) {
    for (int i = 0; i < TURN_MAX && !stopped; i++) {
      Datagrams all = everywhere;
      long n =
          all == null
              ? Sockets.receiveFrom(socket.fd(), buffer.address(), DATAGRAM_BYTES_MAX)
              : all.receive(buffer.address(), DATAGRAM_BYTES_MAX);
      if (n < 0) {
        return;
      }
      InetSocketAddress client = all == null ? Sockets.acceptedPeer() : all.sender();
      if (client != null) {
        pass(new Client(client, all == null ? null : all.local()), n);
      }
    }
  }

  private void pass(Client client, long length) {
    Session session = sessions.get(client);
    if (session == null) {
      session = open(client);
      if (session == null) {
        return;
      }
    }
    session.send(length);
  }

  private @Nullable Session open(Client client) {
    if (sessions.size() >= SESSIONS_MAX && !giveUpOldest()) {
      group.count().refused.increment();
      group.count().error("refused: the limit of UDP sessions, " + SESSIONS_MAX);
      return null;
    }
    Arrival arrival = new Arrival(-1, index, port, client.address(), null);
    if (!group.enter(arrival)) {
      return null;
    }
    Destinations.Choice choice = group.destinations().round(index, port).getFirst();
    int fd = -1;
    try {
      if (!(choice.address() instanceof InetSocketAddress to)) {
        throw new LinuxException("connect", "a unix socket for datagrams", Errno.EOPNOTSUPP);
      }
      fd = Sockets.udp(to.getAddress().getAddress().length == 16);
      int errno = Sockets.connect(fd, to);
      if (errno != 0) {
        throw new LinuxException("connect", Sockets.display(to), errno);
      }
      Session session = new Session(arrival, client, fd, choice);
      loop.add(fd, Epoll.IN, session);
      sessions.put(client, session);
      count = sessions.size();
      return session;
    } catch (LinuxException e) {
      if (fd >= 0) {
        Sockets.close(fd);
      }
      group.failed(choice.place(), e.errno());
      group.count().error("service: " + e.reason());
      group.ended(arrival);
      return null;
    }
  }

  private boolean giveUpOldest() {
    Iterator<Session> all = sessions.values().iterator();
    Session oldest = all.next();
    if (System.nanoTime() - oldest.movedNanos < YOUNG_NANOS) {
      return false;
    }
    all.remove();
    oldest.close();
    return true;
  }

  private void sweepLater() {
    loop.after(
        SWEEP_NANOS,
        () -> {
          Duration limit = group.rule().idleLimit();
          long nanos = (limit == null ? IDLE_LIMIT : limit).toNanos();
          long now = System.nanoTime();
          Iterator<Session> all = sessions.values().iterator();
          while (all.hasNext()) {
            Session session = all.next();
            if (now - session.movedNanos < nanos) {
              break;
            }
            all.remove();
            session.close();
          }
          count = sessions.size();
          if (!stopped) {
            sweepLater();
          }
        });
  }

  /** No client's datagrams are taken any more, and none of its answers. */
  void stop() {
    if (!stopped) {
      stopped = true;
      loop.remove(socket.fd());
      clear();
    }
  }

  /** Ends all sessions: whoever sends again is a new client. */
  void clear() {
    sessions.values().forEach(Session::close);
    sessions.clear();
    count = 0;
  }

  /** One client's way to a destination and back. */
  private final class Session implements EventLoop.Handler {
    private final Arrival arrival;
    private final Client client;
    private final int fd;
    private final Destinations.Choice choice;
    private long movedNanos = System.nanoTime();

    Session(Arrival arrival, Client client, int fd, Destinations.Choice choice) {
      this.arrival = arrival;
      this.client = client;
      this.fd = fd;
      this.choice = choice;
    }

    void send(long length) {
      movedNanos = System.nanoTime();
      long n = Sockets.send(fd, buffer.address(), length);
      if (n < 0) {
        failed(n);
      } else {
        group.bytes().add(n);
      }
    }

    @Override
    public void ready(int events) {
      for (int i = 0; i < TURN_MAX; i++) {
        long n = Sockets.receive(fd, buffer.address(), DATAGRAM_BYTES_MAX);
        if (n < 0) {
          failed(n);
          return;
        }
        sessions.get(client); // moved last
        movedNanos = System.nanoTime();
        choice.worked();
        long sent = answer(n);
        if (sent < 0) {
          group.count().error("client: " + Errno.message((int) -sent));
        } else {
          group.bytes().add(n);
        }
      }
    }

    private long answer(long length) {
      Datagrams all = everywhere;
      return all == null
          ? Sockets.sendTo(socket.fd(), buffer.address(), length, client.address(), six)
          : all.send(buffer.address(), length, client.address(), client.local());
    }

    /** A destination that does not listen says so by ICMP; the next datagram may fare better. */
    private void failed(long result) {
      if (result != -Errno.EAGAIN) {
        group.failed(choice.place(), (int) -result);
        group.count().error("service: " + Errno.message((int) -result));
      }
    }

    void close() {
      loop.forget(fd);
      Sockets.close(fd);
      group.ended(arrival);
    }
  }
}
