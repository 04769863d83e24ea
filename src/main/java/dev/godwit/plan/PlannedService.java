package dev.godwit.plan;

import dev.godwit.forward.ClientAddress;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import org.jspecify.annotations.Nullable;

/**
 * A service, and how its clients reach it while connections are relayed.
 *
 * @param clientAddress means nothing when the service has no ports
 * @param queue what it has accepted and not yet delivered; null: it has none
 */
public record PlannedService(Service service, ClientAddress clientAddress, @Nullable Queue queue) {
  public PlannedService(Service service, ClientAddress clientAddress) {
    this(service, clientAddress, null);
  }
}
