package dev.godwit.move;

import dev.godwit.forward.Destination;
import dev.godwit.forward.LandingClient;
import dev.godwit.forward.LandingOptions;
import dev.godwit.host.Host;
import dev.godwit.host.HostFacts;
import dev.godwit.plan.Plan;
import dev.godwit.plan.Relay;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Where relayed connections land on new. The plan's {@code relay} names it; otherwise the ssh
 * sessions tell: the address at which a host was reached, or from which it came, is one by which
 * the hosts know each other.
 */
final class Landings {
  private Landings() {}

  /** Starts the landing on new (or finds it) and says where old reaches it. */
  static Destination destination(Move move, LandingClient landing) throws IOException {
    Plan plan = move.plan();
    Host oldHost = move.hosts().oldHost();
    Host newHost = move.hosts().newHost();
    HostFacts onOld = HostFacts.of(oldHost);
    HostFacts onNew = HostFacts.of(newHost);
    Relay relay = plan.relay();
    InetAddress newAddress =
        relay != null && relay.address() != null
            ? relay.address()
            : addressOf(newHost, onNew, oldHost, onOld, "new");
    InetAddress oldAddress = addressOf(oldHost, onOld, newHost, onNew, "old");
    // An address that the plan names may be one that only old sees, behind a translation.
    InetAddress bind =
        relay != null && relay.address() != null ? InetAddress.ofLiteral("::") : newAddress;
    int port = relay != null && relay.port() != null ? relay.port() : 0;
    LandingClient.Started started =
        landing.start(
            new LandingOptions(
                bind, port, allowed(oldAddress, newAddress), Cutover.portGroups(plan)));
    return started.at(newAddress);
  }

  /** Whom the landing listens to: old, and itself when both are one host. */
  private static List<InetAddress> allowed(InetAddress oldAddress, InetAddress newAddress) {
    List<InetAddress> allowed = new ArrayList<>(List.of(oldAddress));
    if (oldAddress.isLoopbackAddress() || newAddress.isLoopbackAddress()) {
      allowed.add(InetAddress.getLoopbackAddress());
    }
    return allowed;
  }

  /**
   * The address of a host as the other one knows it: {@code SSH_CONNECTION} has the client's first
   * and the server's third.
   */
  private static InetAddress addressOf(
      Host host, HostFacts facts, Host other, HostFacts otherFacts, String role)
      throws IOException {
    if (!host.isLocal() && facts.sshConnection().size() == 4) {
      return InetAddress.ofLiteral(facts.sshConnection().get(2));
    }
    if (host.isLocal() && !other.isLocal() && otherFacts.sshConnection().size() == 4) {
      return InetAddress.ofLiteral(otherFacts.sshConnection().get(0));
    }
    if (host.isLocal() && other.isLocal()) {
      return InetAddress.getLoopbackAddress();
    }
    throw new MoveException(
        MoveException.Kind.FAILED,
        "the address of %s could not be told from the ssh session; name it in the plan: relay: { address: … }"
            .formatted(role));
  }
}
