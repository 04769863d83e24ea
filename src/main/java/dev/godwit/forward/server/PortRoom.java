package dev.godwit.forward.server;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.Limits;
import dev.godwit.forward.rules.Balance;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.Listen;
import dev.godwit.forward.rules.Target;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How many connections a group can have at once because each takes a port of this host (H51).
 * Connections from the clients' own addresses and to unix sockets take none, nor do those by
 * another host, of which there are no more than {@link Via} carries.
 */
final class PortRoom {
  /** Of a group that ports do not limit. */
  static final int ENOUGH = Integer.MAX_VALUE;

  private PortRoom() {}

  /**
   * Looks at the host's settings.
   *
   * @param shown what the destinations learn of the clients
   * @throws IOException for people, when the rule wants more than there is room for
   */
  static int of(ForwardRule rule, ClientAddress shown) throws IOException {
    int room = rule.via() != null ? Via.room() : ports(rule, shown);
    if (rule.connectionsMax() > room) {
      throw new IOException(
          "unable to serve "
              + rule.connectionsMax()
              + " connections of "
              + rule.name()
              + " at once: "
              + (rule.via() != null
                  ? rule.via()
                      + " carries "
                      + room
                      + (room < Via.CONNECTIONS_MAX ? " with this heap (-Xmx)" : "")
                      + "; lower the number"
                  : Limits.PORT_RANGE
                      + " allows "
                      + room
                      + " to its destinations (a port each); widen it, or lower the number"));
    }
    return room;
  }

  /** What there are no more of, for people. */
  static String limit(ForwardRule rule) {
    return rule.via() != null ? "the way by " + rule.via() : "this host's ports";
  }

  /** Why there are no more, for people. */
  static String why(ForwardRule rule, int room) {
    return rule.via() != null
        ? rule.via() + " carries no more" + (room < Via.CONNECTIONS_MAX ? " with this heap" : "")
        : "each takes a port of this host and " + Limits.PORT_RANGE + " has no more";
  }

  private static int ports(ForwardRule rule, ClientAddress shown) throws IOException {
    long places = shown == ClientAddress.TRANSPARENT ? -1 : places(rule);
    return places < 0 ? ENOUGH : (int) Math.min(places * Limits.ports(), ENOUGH);
  }

  /** Addresses with port that are connected to at the same time; -1 where ports are no limit. */
  private static long places(ForwardRule rule) {
    List<Target> targets =
        rule.balance() == Balance.ROUND_ROBIN ? rule.targets() : rule.targets().subList(0, 1);
    long places = rule.serverNames().size();
    for (Target target : targets) {
      if (!(target instanceof Target.Tcp tcp)) {
        return -1;
      }
      List<Listen> listens = rule.listens();
      places +=
          IntStream.range(0, listens.size())
              .map(i -> tcp.port(i, listens.get(i) instanceof Listen.Port one ? one.port() : 0))
              .distinct()
              .count();
    }
    return places;
  }
}
