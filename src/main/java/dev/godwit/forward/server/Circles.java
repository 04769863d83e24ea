package dev.godwit.forward.server;

import dev.godwit.daemon.RequestException;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.rules.Listen;
import dev.godwit.forward.rules.Target;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds rules by which a connection would come back to where it came in: each turn takes two
 * descriptors and a port, until none is left. One group that leads to another one is no circle.
 *
 * <p>What the addresses say now is all that can be known before: {@link OwnConnections} is for the
 * rest.
 */
final class Circles {
  /**
   * Where connections come in.
   *
   * @param index of the listening side among those of its group
   * @param to where they may go, at any time
   */
  record Side(ListenSocket socket, int index, List<Destinations> to) {}

  private final List<Side> sides;

  /** From which all ways were followed to their ends. */
  private final Set<Side> ending = Collections.newSetFromMap(new IdentityHashMap<>());

  private Circles(List<Side> sides) {
    this.sides = sides;
  }

  /**
   * @throws RequestException for people, with the way of the circle
   */
  static void refuse(List<Side> sides) throws RequestException {
    String circle = of(sides);
    if (circle != null) {
      throw new RequestException(
          "unable to forward " + circle + ": it would call itself without an end");
    }
  }

  /** The way of a circle, for people; null when there is none. */
  static @Nullable String of(List<Side> sides) {
    Circles circles = new Circles(sides);
    for (Side side : sides) {
      List<Side> way = circles.follow(side, new ArrayList<>());
      if (way != null) {
        return way.stream().map(s -> s.socket().display()).collect(Collectors.joining(" -> "));
      }
    }
    return null;
  }

  /** Returns a circle; null when all ways from here end. */
  private @Nullable List<Side> follow(Side side, List<Side> way) {
    int before = way.indexOf(side);
    way.add(side);
    if (before >= 0) {
      return way.subList(before, way.size());
    }
    if (!ending.contains(side)) {
      for (Side other : sides) {
        List<Side> circle = leads(side, other.socket()) ? follow(other, way) : null;
        if (circle != null) {
          return circle;
        }
      }
      ending.add(side);
    }
    way.removeLast();
    return null;
  }

  private static boolean leads(Side from, ListenSocket to) {
    for (Destinations destinations : from.to()) {
      for (Destinations.Place place : destinations.places()) {
        if (leads(from, place, to)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean leads(Side from, Destinations.Place place, ListenSocket to) {
    if (place.isBehindAnotherHost() || from.socket().isUdp() != to.isUdp()) {
      return false;
    }
    return switch (place.target) {
      case Target.Unix unix ->
          to.listen() instanceof Listen.Unix here && whole(here.path()).equals(whole(unix.path()));
      case Target.Tcp tcp -> {
        InetSocketAddress came = from.socket().address();
        InetSocketAddress at = to.address();
        int port = tcp.port(from.index(), came == null ? 0 : came.getPort());
        yield at != null
            && at.getPort() == port
            && place.addresses().stream().anyMatch(a -> arrives(a, at.getAddress()));
      }
    };
  }

  private static Path whole(Path path) {
    return path.toAbsolutePath().normalize();
  }

  /** Whether a connection to an address comes to a socket that is bound to another one. */
  private static boolean arrives(InetAddress address, @Nullable InetAddress bound) {
    if (bound == null) {
      return false;
    }
    if (!bound.isAnyLocalAddress()) {
      // Who connects to no address in particular (0.0.0.0, ::) comes to the loopback.
      return address.equals(bound) || address.isAnyLocalAddress() && bound.isLoopbackAddress();
    }
    boolean isFamily = bound instanceof Inet6Address || !(address instanceof Inet6Address);
    return isFamily && (address.isAnyLocalAddress() || Transparency.isHere(address));
  }
}
