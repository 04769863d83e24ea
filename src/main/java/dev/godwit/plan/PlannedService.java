package dev.godwit.plan;

import dev.godwit.forward.ClientAddress;
import dev.godwit.service.Service;

/**
 * A service, and how its clients reach it while connections are relayed.
 *
 * @param clientAddress means nothing when the service has no ports
 */
public record PlannedService(Service service, ClientAddress clientAddress) {}
