package dev.godwit.forward.relay;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the address at which a service on this host can be reached, by what listens. Loop thread
 * only; remembers for a second, and forgets when told that an address failed.
 */
public final class LocalService {
  private static final long REMEMBER_NANOS = 1_000_000_000L;
  private static final InetAddress LOOPBACK_4 = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress LOOPBACK_6 = InetAddress.ofLiteral("::1");

  private record Known(List<TcpSocket> listeners, long nanos) {}

  private final Map<Integer, Known> known = new HashMap<>();

  /** What was found at a port does not answer. */
  public void forget(int port) {
    known.remove(port);
  }

  /**
   * Where a client that asked for {@code destination} is served.
   *
   * @return null when nothing listens on the port; an address of the other family when only that
   *     one is served
   */
  public @Nullable InetSocketAddress locate(InetAddress client, InetSocketAddress destination)
      throws LinuxException {
    int port = destination.getPort();
    long now = System.nanoTime();
    Known listening = known.get(port);
    if (listening == null || now - listening.nanos() > REMEMBER_NANOS) {
      List<TcpSocket> found = SocketDiagnostics.sockets(port, SocketDiagnostics.LISTEN);
      listening = new Known(found, now);
      if (!found.isEmpty()) { // what is started is to be found at once
        known.put(port, listening);
      }
    }
    InetAddress best = choose(client, destination.getAddress(), listening.listeners());
    return best == null ? null : new InetSocketAddress(best, port);
  }

  /** The loopback address of a client's family. */
  public static InetAddress loopback(InetAddress client) {
    return client instanceof Inet6Address ? LOOPBACK_6 : LOOPBACK_4;
  }

  static @Nullable InetAddress choose(
      InetAddress client, InetAddress destination, List<TcpSocket> listeners) {
    boolean six = client instanceof Inet6Address;
    InetAddress best = null;
    int bestRank = Integer.MAX_VALUE;
    for (TcpSocket s : listeners) {
      InetAddress at = s.local().getAddress();
      boolean dual = at instanceof Inet6Address && at.isAnyLocalAddress() && !s.v6Only();
      boolean sameFamily = at instanceof Inet6Address == six || dual && !six;
      InetAddress reach =
          !at.isAnyLocalAddress()
              ? at
              : (sameFamily ? six : at instanceof Inet6Address) ? LOOPBACK_6 : LOOPBACK_4;
      int rank = rank(at, client, destination) + (sameFamily ? 0 : 10);
      if (rank < bestRank) {
        bestRank = rank;
        best = reach;
      }
    }
    return best;
  }

  /** A service may treat its addresses differently: what the client asked for comes first. */
  private static int rank(InetAddress at, InetAddress client, InetAddress destination) {
    if (at.equals(destination)) {
      return 0;
    }
    boolean loopback = at.isLoopbackAddress();
    if (at.isAnyLocalAddress()) {
      return 2;
    }
    return loopback == client.isLoopbackAddress() ? 1 : 3;
  }

  /** Whether both are of IPv4, or both of IPv6. */
  public static boolean sameFamily(InetAddress a, InetAddress b) {
    return a instanceof Inet4Address == b instanceof Inet4Address;
  }
}
