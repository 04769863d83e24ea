package dev.godwit.forward.relay;

import dev.godwit.forward.GateException;
import dev.godwit.forward.Limits;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether connections to services of this host can come from the clients' own addresses. Found out
 * by trying, with an address that is nobody's, once the host is set up for it; what was set up goes
 * when this is closed.
 *
 * <p>Threads: any.
 */
public final class Transparency implements AutoCloseable {
  /** Of the networks for documentation (RFC 5737, RFC 3849). */
  private static final InetAddress STRANGER_4 = InetAddress.ofLiteral("192.0.2.1");

  private static final InetAddress STRANGER_6 = InetAddress.ofLiteral("2001:db8::1");

  private static final long PROBE_NANOS_MAX = 2_000_000_000L;
  private static final long PROBE_POLL_NANOS = 200_000;

  private final Path directory;
  private final String name;
  private final Consumer<String> log;
  private @Nullable RoutingWatch routing;
  private boolean tried;
  private @Nullable String problem;
  private @Nullable String problemOfSix;
  private volatile boolean four;
  private volatile boolean six;

  /**
   * Nothing is changed yet, but what users that were killed have left is taken down.
   *
   * @param state where gates, landings and forwarders of this host keep their states
   * @param name of this user, unique among those that live
   * @param log told when somebody else has changed what was set up, a line at a time; any thread
   */
  public Transparency(Path state, String name, Consumer<String> log) throws IOException {
    this.log = log;
    directory = Limits.sharedDirectory(state.resolve(name));
    this.name = name;
    if (Identity.isRoot()) {
      TransparentRouting.cleanUp(directory);
    }
  }

  /**
   * Sets the host up, the first time, and tries.
   *
   * @return why it does not work, for people; null when it does, for IPv4 at least: see {@link
   *     #problemOfSix}
   */
  public synchronized @Nullable String problem() {
    if (!tried) {
      tried = true;
      problem = tryOut();
      if (problem != null) {
        close();
      }
    }
    return problem;
  }

  /**
   * Where it works for IPv4.
   *
   * @return why it does not for IPv6, for people; null when it does, or nobody comes by IPv6
   */
  public synchronized @Nullable String problemOfSix() {
    return problem() == null ? problemOfSix : null;
  }

  /**
   * For a user that cannot do without: sets the host up and tries. It does not fall back to plain:
   * a service may trust the addresses of its own host, and would take its clients for it.
   *
   * @param shared as for {@link TransparentRouting#acquire}
   * @throws GateException when it does not work; nothing stays changed then
   */
  public static RoutingWatch acquire(Path shared, String name) throws IOException {
    try {
      return acquireWorking(shared, name);
    } catch (GateException e) {
      throw new GateException(
          e.kind(),
          "unable to show services their clients' own addresses: "
              + e.getMessage()
              + "; or use proxy-v2, proxy-v1 or plain here",
          e);
    }
  }

  private static RoutingWatch acquireWorking(Path shared, String name) throws IOException {
    RoutingWatch routing =
        RoutingWatch.start(TransparentRouting.acquire(shared, name), Transparency::warn);
    boolean works = false;
    try {
      mustArrive(STRANGER_4, ListenSocket.LOOPBACK_4);
      if (Sockets.hasIpv6()) {
        mustArrive(STRANGER_6, ListenSocket.LOOPBACK_6);
      }
      works = true;
      return routing;
    } finally {
      if (!works) {
        routing.close();
      }
    }
  }

  private static void mustArrive(InetAddress stranger, InetAddress here) throws IOException {
    try {
      // Where not even our own address arrives, the family is filtered: nobody comes by it.
      if (!arrives(stranger, here) && (here instanceof Inet4Address || arrives(here, here))) {
        throw new GateException(
            GateException.Kind.UNSUPPORTED,
            "on this host, a connection from %s to %s does not arrive; look for a packet filter or a"
                    .formatted(Sockets.display(stranger), Sockets.display(here))
                + " rule of routing that is in the way");
      }
    } catch (LinuxException e) {
      if (!isSwitchedOff(here, e)) {
        throw e;
      }
    }
  }

  /** A family that is switched off has no such address, and no service with one. */
  private static boolean isSwitchedOff(InetAddress here, LinuxException e) {
    return here instanceof Inet6Address && e.errno() == Errno.EADDRNOTAVAIL;
  }

  private @Nullable String tryOut() {
    if (!Identity.isRoot()) {
      return "it needs root";
    }
    try {
      routing = RoutingWatch.start(TransparentRouting.acquire(directory, name), log);
      four = works(STRANGER_4, ListenSocket.LOOPBACK_4);
      six = Sockets.hasIpv6() && works(STRANGER_6, ListenSocket.LOOPBACK_6);
      // Where not even our own address arrives, the family is switched off, or filtered.
      if (!six && works(ListenSocket.LOOPBACK_6, ListenSocket.LOOPBACK_6)) {
        problemOfSix = "a connection from a foreign IPv6 address does not arrive here";
      }
      return four ? null : "a connection from a foreign address does not arrive here";
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /** For who has no log of its own. */
  public static void warn(String line) {
    System.getLogger(Transparency.class.getName()).log(System.Logger.Level.WARNING, line);
  }

  /** Whether it works for clients of this address's family. */
  public boolean worksFor(InetAddress client) {
    return client instanceof Inet6Address ? six : four;
  }

  /** Whether an address is one of this host's own. */
  public static boolean isHere(InetAddress address) {
    try {
      return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return false;
    }
  }

  private static boolean works(InetAddress stranger, InetAddress here) {
    try {
      return arrives(stranger, here);
    } catch (LinuxException e) {
      return false; // a family that is switched off has no such address
    }
  }

  /** Connects to ourselves as somebody else. */
  private static boolean arrives(InetAddress stranger, InetAddress here) throws LinuxException {
    boolean isSix = here instanceof Inet6Address;
    int listener = Sockets.tcp(isSix);
    int client = -1;
    try {
      Sockets.bind(listener, new InetSocketAddress(here, 0));
      Sockets.listen(listener, 1);
      client = Sockets.tcp(isSix);
      mark(client, isSix);
      Sockets.bind(client, new InetSocketAddress(stranger, 0));
      int unused = Sockets.connect(client, Sockets.localAddress(listener));
      return isAccepted(listener, stranger);
    } finally {
      Sockets.close(listener);
      if (client >= 0) {
        Sockets.closeWithReset(client);
      }
    }
  }

  private static boolean isAccepted(int listener, InetAddress stranger) {
    long end = System.nanoTime() + PROBE_NANOS_MAX;
    while (System.nanoTime() - end < 0) {
      int accepted = Sockets.acceptFrom(listener);
      if (accepted >= 0) {
        InetSocketAddress peer = Sockets.acceptedPeer();
        Sockets.closeWithReset(accepted);
        return peer != null && peer.getAddress().equals(stranger);
      }
      LockSupport.parkNanos(PROBE_POLL_NANOS);
    }
    return false;
  }

  /** What a socket needs before it can be bound to an address that is not this host's. */
  static void mark(int fd, boolean six) throws LinuxException {
    Sockets.set(
        fd,
        six ? Sockets.SOL_IPV6 : Sockets.SOL_IP,
        six ? Sockets.IPV6_TRANSPARENT : Sockets.IP_TRANSPARENT,
        1);
    Sockets.set(fd, Sockets.SOL_SOCKET, Sockets.SO_MARK, TransparentRouting.MARK);
  }

  /** Takes down what was set up, unless another process needs it. It is not set up again. */
  @Override
  public synchronized void close() {
    if (!tried) {
      tried = true;
      problem = "this process is ending";
    }
    RoutingWatch used = routing;
    routing = null;
    if (used != null) {
      try {
        used.close();
      } catch (IOException e) {
        System.getLogger(Transparency.class.getName())
            .log(System.Logger.Level.WARNING, "the host's settings were not put back", e);
      }
    }
  }
}
