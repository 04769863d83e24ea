package dev.godwit.plan;

import dev.godwit.forward.ClientAddress;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A service, and how its clients reach it while connections are relayed.
 *
 * @param clientAddress means nothing when the service has no ports
 * @param sockets paths of unix sockets where its clients on its own host reach it
 * @param limits of the gate in front of it; what they do not say, the plan's limits do
 * @param queue what it has accepted and not yet delivered; null: it has none
 */
public record PlannedService(
    Service service,
    ClientAddress clientAddress,
    List<Path> sockets,
    GateLimits limits,
    @Nullable Queue queue) {
  public PlannedService {
    sockets = List.copyOf(sockets);
  }

  public PlannedService(Service service, ClientAddress clientAddress) {
    this(service, clientAddress, List.of(), GateLimits.NONE, null);
  }

  /** The same without limits of its own: what moves is the same. */
  public PlannedService withoutLimits() {
    return new PlannedService(service, clientAddress, sockets, GateLimits.NONE, queue);
  }
}
