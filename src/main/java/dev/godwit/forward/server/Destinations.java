package dev.godwit.forward.server;

import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.relay.Attempt;
import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.LocalService;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.rules.Balance;
import dev.godwit.forward.rules.Listen;
import dev.godwit.forward.rules.Target;
import dev.godwit.linux.Errno;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The destinations of a group, which of them are up, and in which order a connection tries them.
 * Threads: any.
 */
final class Destinations {
  /** So many attempts in a row fail before a destination counts as down. */
  static final int FALL = 3;

  /** So many in a row succeed before it counts as up again. */
  static final int RISE = 2;

  private static final String LOCALHOST = "localhost";

  /** One destination; a name may stand for several addresses. */
  static final class Place {
    final Target target;

    /** Connections and sessions of datagrams to it now. */
    final AtomicInteger open = new AtomicInteger();

    /** The same, that there ever were. */
    final LongAdder total = new LongAdder();

    final LongAdder failures = new LongAdder();
    private volatile List<InetAddress> addresses = List.of();

    /** Of {@link #addresses}, those of this host. */
    private volatile Set<InetAddress> here = Set.of();

    private volatile int preferred;
    private volatile boolean up = true;
    private volatile String lastError = "";
    private int goodInARow;
    private int badInARow;

    private final @Nullable Via via;

    /** Whether a connection to the other goes where one to this goes. */
    boolean isSame(Place other) {
      return target.equals(other.target) && via == other.via;
    }

    Place(Target target, @Nullable Via via) {
      this.target = target;
      this.via = via;
    }

    boolean isUp() {
      return up;
    }

    boolean isBehindAnotherHost() {
      return via != null;
    }

    /** Why the last attempt failed; empty when none did. */
    String lastError() {
      return lastError;
    }

    List<InetAddress> addresses() {
      return addresses;
    }

    /** An attempt, a client's or a check's, succeeded. Returns whether this brought it up. */
    synchronized boolean good() {
      badInARow = 0;
      goodInARow++;
      if (!up && goodInARow >= RISE) {
        up = true;
        return true;
      }
      return false;
    }

    /** An attempt failed. Returns whether this took it down, which only checks can undo. */
    synchronized boolean bad(int errno, boolean checked) {
      failures.increment();
      lastError = Errno.message(errno);
      goodInARow = 0;
      badInARow++;
      if (up && checked && badInARow >= FALL) {
        up = false;
        return true;
      }
      return false;
    }

    /** Nobody checks it, or no longer. Returns whether this brought it up. */
    synchronized boolean unchecked() {
      boolean wasDown = !up;
      up = true;
      return wasDown;
    }

    /** Asks the name service, which may take its time. */
    void resolve() throws UnknownHostException {
      // Behind another host, a name is what that host takes it for.
      if (target instanceof Target.Tcp tcp && via == null) {
        addresses = Destinations.addresses(tcp.host());
        here =
            addresses.stream().filter(Transparency::isHere).collect(Collectors.toUnmodifiableSet());
      }
    }

    /**
     * Of whom its service sees the own address.
     *
     * @param transparency of this host
     * @throws IOException when the host that connects cannot be asked
     */
    Sight sight(Transparency transparency) throws IOException {
      return via != null && target instanceof Target.Tcp tcp
          ? via.sight(tcp.host())
          : sightFromHere(transparency);
    }

    /** The same, where this is the host that connects. */
    Sight sightFromHere(Transparency transparency) {
      return target instanceof Target.Tcp
          ? Sight.of(target.display(), addresses, here, transparency)
          : Sight.none(target.display() + " is a unix socket");
    }

    /** What a check connects to: of several ports, that of the first that is listened on. */
    Choice checked(List<Listen> listens) {
      int port = listens.getFirst() instanceof Listen.Port first ? first.port() : 0;
      return choice(preferred, 0, port);
    }

    private int choices() {
      return via != null || target instanceof Target.Unix ? 1 : addresses.size();
    }

    private Choice choice(int which, int index, int asked) {
      int port = target instanceof Target.Tcp tcp ? tcp.port(index, asked) : 0;
      SocketAddress address =
          via != null
              ? null
              : switch (target) {
                case Target.Unix unix -> UnixDomainSocketAddress.of(unix.path());
                case Target.Tcp _ -> {
                  List<InetAddress> all = addresses;
                  yield new InetSocketAddress(all.get(which % all.size()), port);
                }
              };
      return new Choice(this, which, port, address);
    }
  }

  /**
   * One thing to try.
   *
   * @param address null behind another host
   */
  record Choice(Place place, int which, int port, @Nullable SocketAddress address) {
    /**
     * How it is tried.
     *
     * @param header what stands in front of the client's bytes
     * @param as whom a unix socket's listener is to see; null: this process
     * @param client whom a service of the host that connects is to see; null: this process
     */
    Attempt.Call call(
        byte[] header,
        Duration limit,
        UnixSockets.@Nullable Peer as,
        @Nullable InetSocketAddress client) {
      Via via = place.via;
      if (via != null) {
        return via.call(place.target, port, header, limit, as, client);
      }
      if (client != null
          && address instanceof InetSocketAddress to
          && place.here.contains(to.getAddress())
          && LocalService.sameFamily(client.getAddress(), to.getAddress())) {
        return new Dial.Call(address, client, true, header, false, limit, as);
      }
      if (address == null) {
        throw new IllegalStateException("a destination without an address");
      }
      return new Dial.Call(address, null, false, header, false, limit, as);
    }

    boolean isHere() {
      return address instanceof InetSocketAddress to && place.here.contains(to.getAddress());
    }

    boolean isOfFamily(InetAddress client) {
      return address instanceof InetSocketAddress to
          && LocalService.sameFamily(client, to.getAddress());
    }

    /** It answered: the next connection tries it first. */
    void worked() {
      if (place.preferred != which) {
        place.preferred = which;
      }
    }
  }

  /** Whether {@link #addresses} knows it without the name service. */
  static boolean isAddress(String host) {
    if (host.equals(LOCALHOST)) {
      return true;
    }
    try {
      InetAddress unused = InetAddress.ofLiteral(host);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Asks the name service, which may take its time; localhost is both loopback addresses. */
  static List<InetAddress> addresses(String host) throws UnknownHostException {
    return host.equals(LOCALHOST)
        ? List.of(ListenSocket.LOOPBACK_4, ListenSocket.LOOPBACK_6)
        : List.of(InetAddress.getAllByName(host));
  }

  private final List<Place> places;
  private final Balance balance;
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicInteger users = new AtomicInteger();

  /**
   * @param via the host that reaches them; null: this one
   */
  Destinations(List<Target> targets, Balance balance, @Nullable Via via) {
    places = targets.stream().map(t -> new Place(t, via)).toList();
    this.balance = balance;
  }

  List<Place> places() {
    return places;
  }

  boolean isSomeUp() {
    return places.stream().anyMatch(Place::isUp);
  }

  /**
   * A connection waits for one of them, or has gone to one, as a session of datagrams has; until
   * {@link #leave}.
   */
  void enter() {
    users.incrementAndGet();
  }

  void leave() {
    users.decrementAndGet();
  }

  boolean isUsed() {
    return users.get() > 0;
  }

  /** As {@link #resolve(List)}, of all its names. */
  void resolve() throws IOException {
    resolve(places);
  }

  /**
   * Finds out the addresses of names, of each that has some. May take its time.
   *
   * @throws IOException for people, when a name has none; those of the others are known then
   */
  static void resolve(List<Place> all) throws IOException {
    IOException failure = null;
    for (Place place : all) {
      try {
        place.resolve();
      } catch (UnknownHostException e) {
        failure =
            new IOException(
                "unable to forward to "
                    + place.target.display()
                    + ": the name has no address that this host can find",
                e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * What a connection tries, in order: what is up, and if nothing is, everything.
   *
   * @param index of the listening side among those of its group
   * @param port that the client came to; 0 for a unix socket
   */
  List<Choice> round(int index, int port) {
    int count = places.size();
    int first = balance == Balance.ROUND_ROBIN ? Math.floorMod(turn.getAndIncrement(), count) : 0;
    List<Choice> all = new ArrayList<>(2);
    add(all, first, index, port, true);
    if (all.isEmpty()) {
      add(all, first, index, port, false);
    }
    return all;
  }

  private void add(List<Choice> all, int first, int index, int port, boolean onlyUp) {
    int count = places.size();
    for (int i = 0; i < count; i++) {
      Place place = places.get((first + i) % count);
      if (place.up || !onlyUp) {
        int choices = place.choices();
        int start = place.preferred;
        for (int c = 0; c < choices; c++) {
          int which = (start + c) % choices;
          all.add(place.choice(which, index, port));
        }
      }
    }
  }
}
