package dev.godwit.check;

import dev.godwit.host.HostFacts;
import dev.godwit.plan.Endpoint;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import java.net.InetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether old is known by the very address that leaves it (H61, H68). All that goes between the
 * hosts goes by the addresses of the ssh sessions: relay, landings, mirrors, and the commands
 * themselves. Of such a move nothing goes wrong until the address is on new; from then on what is
 * meant for old meets new, and there is no way back.
 */
public final class ReachedByAddress {
  private ReachedByAddress() {}

  /**
   * @param onOld what old says of itself, asked in the way that the move asks it
   * @param onNew likewise
   * @return empty when all is well, when no address moves, or when it has no session to go by
   */
  public static Optional<Finding> look(Plan plan, HostFacts onOld, HostFacts onNew) {
    InetAddress moving = moving(plan.address());
    if (moving == null) {
      return Optional.empty();
    }
    if (plan.oldHost() instanceof Endpoint.Ssh ssh) {
      return onOld.reachedAt().filter(moving::equals).map(address -> reached(ssh, moving));
    }
    return onNew.reachedFrom().filter(moving::equals).map(address -> comes(moving, onNew));
  }

  private static @Nullable InetAddress moving(@Nullable PlannedAddress planned) {
    return switch (planned) {
      case null -> null;
      case PlannedAddress.Floating floating -> floating.onOld().address();
      case PlannedAddress.Command command -> literal(command.address());
    };
  }

  /** What a command calls an address need not be one. */
  private static @Nullable InetAddress literal(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static Finding reached(Endpoint.Ssh ssh, InetAddress moving) {
    return new Finding(
        Code.REACHED_BY_ADDRESS,
        "old (%s) is reached by %s, the address that goes to new: from then on new would answer in its place"
            .formatted(ssh.display(), moving.getHostAddress()),
        "give old's own address in the plan: `old: root@ADDRESS`");
  }

  private static Finding comes(InetAddress moving, HostFacts onNew) {
    String there = onNew.reachedAt().map(InetAddress::getHostAddress).orElse("the address of new");
    return new Finding(
        Code.REACHED_BY_ADDRESS,
        "old (this host) comes to new from %s, the address that goes there: from then on new would refuse what old passes on"
            .formatted(moving.getHostAddress()),
        "let old's own address be the one that `ip route get %s` shows as src: ip route change … src ADDRESS (ip-route(8))"
            .formatted(there));
  }
}
