package dev.godwit.forward.server;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The connections that this process makes to its own host, each with the groups that have passed it
 * on: who comes by one of them to a group for the second time goes in a circle that the rules did
 * not show ({@link Circles}), for a name or an address of this host has changed since. Any thread.
 */
final class OwnConnections {
  /**
   * One of them.
   *
   * @param to its other end: a client may come to several of ours from one port
   */
  record Way(InetSocketAddress own, InetSocketAddress to, List<ForwardGroup> groups) {}

  private final Map<InetSocketAddress, List<Way>> ways = new ConcurrentHashMap<>();
  private volatile Set<Integer> ports = Set.of();

  /** On which ports this process listens from now on. */
  void listenAt(Set<Integer> all) {
    ports = Set.copyOf(all);
  }

  /** Whether a connection to a port of this host may come here: to any other none is noted. */
  boolean mayReturn(int port) {
    return ports.contains(port);
  }

  /**
   * @param from by which one the connection came that is passed on; null for any other
   */
  Way begin(@Nullable Way from, InetSocketAddress own, InetSocketAddress to, ForwardGroup by) {
    List<ForwardGroup> before = from == null ? List.of() : from.groups();
    Way way = new Way(own, to, Stream.concat(before.stream(), Stream.of(by)).toList());
    ways.merge(own, List.of(way), (a, b) -> Stream.concat(a.stream(), b.stream()).toList());
    return way;
  }

  void end(Way way) {
    ways.computeIfPresent(
        way.own(),
        (own, all) -> {
          List<Way> rest = all.stream().filter(one -> one != way).toList();
          return rest.isEmpty() ? null : rest;
        });
  }

  /**
   * By which one somebody comes; null for somebody else.
   *
   * @param peer the other end of who comes; null for one without an address
   * @param local our end; asked for only where it may matter
   */
  @Nullable Way of(@Nullable InetSocketAddress peer, Supplier<@Nullable InetSocketAddress> local) {
    List<Way> all = peer == null || ways.isEmpty() ? null : ways.get(peer);
    if (all != null) {
      InetSocketAddress here = local.get();
      for (Way way : all) {
        if (way.to().equals(here)) {
          return way;
        }
      }
    }
    return null;
  }
}
