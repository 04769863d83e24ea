package dev.godwit.forward.gate;

import dev.godwit.forward.Callers;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.relay.Count;
import java.net.InetAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What is counted for one group of a gate's ports, and who is let in. Any thread. */
final class GroupCount extends Count {
  final PortGroup group;
  private final Callers callers = new Callers();

  /** DRAIN or CLOSED; null while the gate's own mode holds for the group. */
  private volatile @Nullable GroupMode refusing;

  GroupCount(PortGroup group) {
    this.group = group;
  }

  /**
   * From now on nobody is let in.
   *
   * @param mode DRAIN or CLOSED; null to let in again
   */
  void refuse(@Nullable GroupMode mode) {
    refusing = mode;
  }

  @Nullable GroupMode refusing() {
    return refusing;
  }

  /** Who came, and who is there. */
  Callers callers() {
    return callers;
  }

  @Override
  protected @Nullable String refusal(@Nullable InetAddress client) {
    GroupMode now = refusing;
    if (now != null) {
      if (client != null) {
        callers.turnedAway(client);
      }
      return now.refusal();
    }
    int places = group.connectionsMax();
    if (places > 0 && open.get() + held.get() >= places) {
      return "the limit of the group, " + places;
    }
    int max = group.perClientMax();
    return client == null || callers.come(client, max) ? null : "the limit of one client, " + max;
  }

  @Override
  protected void gone(@Nullable InetAddress client) {
    if (client != null) {
      callers.gone(client);
    }
  }

  GateStatus.Group report(GateStatus.Mode gate, int rung, int duplicates, long oldestNanos) {
    return new GateStatus.Group(
        group.name(),
        group.ports(),
        group.sockets().stream().map(Path::toString).toList(),
        mode(gate),
        rung,
        duplicates,
        open.get(),
        held.get(),
        total.sum(),
        refused.sum(),
        bytes.sum(),
        errors(),
        oldestNanos / 1_000_000,
        sinceLastMillis());
  }

  private GroupMode mode(GateStatus.Mode gate) {
    GroupMode now = refusing;
    if (now != null) {
      return now;
    }
    return switch (gate) {
      case PASS, RELEASED -> GroupMode.PASS;
      case HOLD, GOING_BACK -> GroupMode.HOLD;
    };
  }
}
