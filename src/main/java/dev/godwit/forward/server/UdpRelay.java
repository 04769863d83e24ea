package dev.godwit.forward.server;

import dev.godwit.forward.GroupMode;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.relay.Shortage;
import dev.godwit.linux.Datagrams;
import dev.godwit.linux.Epoll;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams of one listening socket, to a destination and back: for each client a session with a
 * socket of its own, so that answers find their way, until nothing has moved for a while. While its
 * group is held, the newest datagrams of each client wait; answers go on.
 *
 * <p>Invariants: the datagrams of a client are passed on in the order in which they came; none goes
 * to a destination that a release or a reload has taken from the group. Loop thread only, but for
 * {@link #sessions}, {@link #kept} and {@link #flow}.
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

  /**
   * Of those that have waited, so many and about so much go at once: no more than the queue of a
   * socket takes by default (208 KiB, with what the kernel adds to each).
   */
  private static final int FLOW_MAX = 16;

  private static final int FLOW_BYTES_MAX = 64 * 1024;

  /** Between two such portions. */
  private static final long FLOW_NANOS = 1_000_000L;

  private final EventLoop loop;
  private final ListenSocket socket;
  private final boolean six;

  /** Of a socket for all addresses; null of one that has one, and answers from it anyway. */
  private final @Nullable Datagrams everywhere;

  private final ForwardGroup group;

  /** Of the listening side among those of its group. */
  private int index;

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

  private final KeptDatagrams<Client> kept;
  private volatile int count;
  private boolean stopped;

  /** From one that has waited to the next; 0 for no pace but that of {@link #FLOW_NANOS}. */
  private long paceNanos;

  /** When the next one may go. */
  private long nextNanos;

  private EventLoop.@Nullable Timer flowing;

  private UdpRelay(
      EventLoop loop,
      ListenSocket socket,
      ForwardGroup group,
      int index,
      int port,
      boolean six,
      @Nullable Datagrams everywhere,
      KeptDatagrams<Client> kept) {
    this.kept = kept;
    this.everywhere = everywhere;
    this.loop = loop;
    this.socket = socket;
    this.group = group;
    this.index = index;
    this.port = port;
    this.six = six;
  }

  /**
   * @param keptBytes that wait now, of all sockets together
   */
  static UdpRelay start(
      EventLoop loop,
      ListenSocket socket,
      ForwardGroup group,
      int index,
      int port,
      AtomicLong keptBytes)
      throws IOException {
    InetSocketAddress address = socket.address();
    boolean six = address != null && address.getAddress().getAddress().length == 16;
    Datagrams everywhere =
        address != null && address.getAddress().isAnyLocalAddress()
            ? new Datagrams(socket.fd(), six)
            : null;
    KeptDatagrams<Client> kept = new KeptDatagrams<>(group.count(), keptBytes);
    UdpRelay relay = new UdpRelay(loop, socket, group, index, port, six, everywhere, kept);
    BooleanSupplier added =
        () -> {
          try {
            loop.add(socket.fd(), Epoll.IN, relay);
            relay.sweepLater();
            group.datagrams().add(relay);
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

  /** Changed rules may have it at another place of its group: by that, new sessions go on. */
  void moveTo(int place) {
    index = place;
  }

  /** Clients that answers go to. Any thread. */
  int sessions() {
    return count;
  }

  /** Datagrams that wait. Any thread. */
  int kept() {
    return kept.count();
  }

  /**
   * Those that have waited go, oldest first, and to where the group leads now. Any thread.
   *
   * @param pace nanoseconds from one to the next; 0 for as fast as a destination's queue bears
   */
  void flow(long pace) {
    loop.execute(
        () -> {
          paceNanos = pace;
          nextNanos = System.nanoTime();
          sessions.values().forEach(Session::leaveWhatIsNoMore);
          flowOn();
        });
  }

  private void flowOn() {
    EventLoop.Timer waiting = flowing;
    flowing = null;
    if (waiting != null) {
      waiting.cancel();
    }
    if (stopped || isHeld()) {
      return;
    }
    long now = System.nanoTime();
    long bytes = 0;
    for (int i = 0; i < FLOW_MAX && bytes < FLOW_BYTES_MAX && nextNanos - now <= 0; i++) {
      KeptDatagrams.Kept<Client> one = kept.next();
      if (one == null) {
        return;
      }
      nextNanos += paceNanos;
      bytes += one.bytes.length;
      Session session = session(one.client);
      if (session != null) {
        MemorySegment.copy(one.bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, one.bytes.length);
        session.send(one.bytes.length);
      }
    }
    if (!kept.isEmpty()) {
      flowing = loop.after(Math.max(FLOW_NANOS, nextNanos - now), this::flowOn);
    }
  }

  private boolean isHeld() {
    return group.mode() == GroupMode.HOLD;
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
    Session session = session(client);
    if (session == null) {
      return;
    }
    // Who comes while others of the same hold still go stands behind them.
    if (isHeld() || !kept.isEmpty()) {
      session.movedNanos = System.nanoTime();
      kept.keep(client, buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    } else {
      session.send(length);
    }
  }

  private @Nullable Session session(Client client) {
    Session session = sessions.get(client);
    return session == null ? open(client) : session;
  }

  private @Nullable Session open(Client client) {
    if (group.comesBack(way(client))) {
      return null;
    }
    String limit = group.refuses(client.address().getAddress()) ? null : limit();
    if (limit != null && giveUpOldest(limit)) {
      limit = null;
    }
    Arrival arrival = new Arrival(-1, index, port, client.address(), null);
    if (!group.enter(arrival, limit)) {
      return null;
    }
    Session session = new Session(arrival, client);
    sessions.put(client, session);
    count = sessions.size();
    return session;
  }

  private OwnConnections.@Nullable Way way(Client client) {
    InetAddress local = client.local();
    return group
        .ownConnections()
        .of(
            client.address(),
            () -> local == null ? socket.address() : new InetSocketAddress(local, port));
  }

  /** The one that is reached; null while there is room. */
  private @Nullable String limit() {
    if (sessions.size() >= SESSIONS_MAX) {
      return "the limit of UDP sessions, " + SESSIONS_MAX;
    }
    Admission all = group.admission();
    return all.areSessionsFull()
        ? "the limit of all UDP sessions, " + all.sessionsMax()
        : group.limit(true);
  }

  private boolean giveUpOldest(String limit) {
    Iterator<Session> all = sessions.values().iterator();
    if (!all.hasNext()) {
      return false; // the places are other sockets'
    }
    Session oldest = all.next();
    if (System.nanoTime() - oldest.movedNanos < YOUNG_NANOS) {
      return false;
    }
    all.remove();
    count = sessions.size();
    oldest.close();
    kept.drop(oldest.client, limit);
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
            if (kept.has(session.client)) {
              continue; // a hold may last longer
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
      group.datagrams().remove(this);
      endSessions();
      kept.drop("the forwarder listens no more");
    }
  }

  /** Ends all sessions, with what waits of them: whoever sends again is a new client. */
  void clear() {
    endSessions();
    kept.drop("the group was closed");
  }

  private void endSessions() {
    sessions.values().forEach(Session::close);
    sessions.clear();
    count = 0;
  }

  /** One client's way to a destination and back. */
  private final class Session implements EventLoop.Handler {
    private final Arrival arrival;
    private final Client client;

    /** -1 as long as nothing has gone to where the group leads. */
    private int fd = -1;

    private Destinations.@Nullable Choice choice;

    /** Where the destination is on this host. */
    private OwnConnections.@Nullable Way own;

    /** Among which {@link #choice} was made. */
    private @Nullable Destinations among;

    /** Whether {@link #choice} could not be tried for want of something of this host's. */
    private boolean isWanting;

    private long movedNanos = System.nanoTime();

    Session(Arrival arrival, Client client) {
      this.arrival = arrival;
      this.client = client;
    }

    void send(long length) {
      movedNanos = System.nanoTime();
      leaveWhatIsNoMore();
      if (fd < 0 && !connect()) {
        return;
      }
      long n = Sockets.send(fd, buffer.address(), length);
      if (n == -Errno.EAGAIN) {
        // Nothing of the destination's: this one is lost, as in any full queue on the way.
        group.count().error("service: " + Errno.message(Errno.EAGAIN));
      } else if (n < 0) {
        failed(n);
      } else {
        group.bytes().add(n);
      }
    }

    private boolean connect() {
      Destinations destinations = group.destinations();
      Destinations.Choice before = isWanting && among == destinations ? choice : null;
      Destinations.Choice to = before == null ? destinations.round(index, port).getFirst() : before;
      among = destinations;
      choice = to;
      isWanting = false;
      try {
        if (!(to.address() instanceof InetSocketAddress address)) {
          throw new LinuxException("connect", "a unix socket for datagrams", Errno.EOPNOTSUPP);
        }
        fd = Sockets.udp(address.getAddress().getAddress().length == 16);
        int errno = Shortage.ofConnect(Sockets.connect(fd, address), address);
        if (errno != 0) {
          throw new LinuxException("connect", Sockets.display(address), errno);
        }
        loop.add(fd, Epoll.IN, this);
        own = to.isHere() ? group.passedOn(way(client), fd, address) : null;
        destinations.enter();
        to.place().open.incrementAndGet();
        to.place().total.increment();
        return true;
      } catch (LinuxException e) {
        if (fd >= 0) {
          Sockets.close(fd);
          fd = -1;
        }
        isWanting = !group.verdicts().failed(to, e.errno());
        group.count().error("service: " + e.reason());
        return false;
      }
    }

    /**
     * Where the group led before a release, nothing goes, and nothing comes from there (H54); nor
     * to a destination that is down while another one is up: who sends from one port for ever would
     * stay with it for ever.
     */
    void leaveWhatIsNoMore() {
      if (fd >= 0 && (among != group.destinations() || isLeftBehind())) {
        disconnect();
      }
    }

    private boolean isLeftBehind() {
      Destinations.Choice now = choice;
      Destinations all = among;
      return now != null && all != null && !now.place().isUp() && all.isSomeUp();
    }

    private void disconnect() {
      if (fd >= 0) {
        loop.forget(fd);
        Sockets.close(fd);
        fd = -1;
        leave();
      }
      OwnConnections.Way was = own;
      own = null;
      if (was != null) {
        group.ownConnections().end(was);
      }
    }

    private void leave() {
      Destinations.Choice was = choice;
      Destinations all = among;
      if (was != null && all != null) {
        was.place().open.decrementAndGet();
        all.leave();
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
        Destinations.Choice from = choice;
        if (from != null) {
          from.worked();
        }
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
        Destinations.Choice to = choice;
        if (to != null) {
          boolean unused = group.verdicts().failed(to, (int) -result);
        }
        group.count().error("service: " + Errno.message((int) -result));
      }
    }

    void close() {
      disconnect();
      group.ended(arrival);
    }
  }
}
