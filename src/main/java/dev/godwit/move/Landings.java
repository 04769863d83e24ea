package dev.godwit.move;

import dev.godwit.forward.daemons.LandingClient;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.landing.LandingOptions;
import dev.godwit.host.HostFacts;
import dev.godwit.plan.Plan;
import dev.godwit.plan.Relay;
import dev.godwit.sync.IdMap;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where relayed connections land on the host that is to serve. The plan's {@code relay} names it
 * for new; otherwise the ssh sessions tell: the address at which a host was reached, or from which
 * it came, is one by which the hosts know each other.
 */
final class Landings {
  private Landings() {}

  /** Starts the landing on {@code to} (or finds it) and says where {@code from} reaches it. */
  static Destination destination(Move move, Side from, Side to) throws IOException {
    Plan plan = move.plan();
    HostFacts onFrom = HostFacts.of(from.host());
    HostFacts onTo = HostFacts.of(to.host());
    Relay relay = to.role() == Role.NEW ? plan.relay() : null;
    InetAddress named = relay == null ? null : relay.address();
    InetAddress address = named != null ? named : addressOf(to, onTo, from, onFrom);
    InetAddress caller = addressOf(from, onFrom, to, onTo);
    // An address that the plan names may be one that only the other host sees, behind a
    // translation.
    InetAddress bind = named != null ? InetAddress.ofLiteral("::") : address;
    int port = relay != null && relay.port() != null ? relay.port() : 0;
    IdMap owners = new MovedOwners(move).numbers();
    LandingClient.Started started =
        to.landing()
            .start(
                new LandingOptions(
                    bind,
                    port,
                    allowed(caller, address),
                    PlanServices.portGroups(plan),
                    to.role() == Role.NEW ? owners : owners.inverse()),
                move.epoch());
    return started.at(address);
  }

  /** Whom the landing listens to: the other host, and itself when both are one. */
  private static List<InetAddress> allowed(InetAddress caller, InetAddress own) {
    List<InetAddress> allowed = new ArrayList<>(List.of(caller));
    if (caller.isLoopbackAddress() || own.isLoopbackAddress()) {
      allowed.add(InetAddress.getLoopbackAddress());
    }
    return allowed;
  }

  /**
   * The address of a host as the other one knows it: {@code SSH_CONNECTION} has the client's first
   * and the server's third.
   */
  static InetAddress addressOf(Side side, HostFacts facts, Side other, HostFacts otherFacts)
      throws IOException {
    if (side.host().isLocal() && other.host().isLocal()) {
      return InetAddress.getLoopbackAddress();
    }
    Optional<InetAddress> known =
        side.host().isLocal() ? otherFacts.reachedFrom() : facts.reachedAt();
    if (known.isPresent()) {
      return known.get();
    }
    throw new MoveException(
        MoveException.Kind.FAILED,
        "the address of %s could not be told from the ssh session%s"
            .formatted(
                side.word(),
                side.role() == Role.NEW ? "; name it in the plan: relay: { address: … }" : ""));
  }
}
