package dev.godwit.move;

import dev.godwit.forward.PortGroup;
import dev.godwit.plan.GateLimits;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.Service;
import java.util.List;

/** The services of a plan, as the hosts are told of them. */
final class PlanServices {
  private PlanServices() {}

  static List<Service> of(Plan plan) {
    return plan.services().stream().map(PlannedService::service).toList();
  }

  /** The names of {@link Plan#askingServers}. */
  static List<String> asking(Plan plan) {
    return plan.askingServers().stream().map(planned -> planned.service().name()).toList();
  }

  static List<PortGroup> portGroups(Plan plan) {
    return plan.services().stream()
        .filter(planned -> !planned.service().ports().isEmpty() || !planned.sockets().isEmpty())
        .map(planned -> portGroup(planned, planned.limits().orElse(plan.limits().gate())))
        .toList();
  }

  private static PortGroup portGroup(PlannedService planned, GateLimits limits) {
    return new PortGroup(
        planned.service().name(),
        planned.service().ports(),
        planned.sockets(),
        planned.clientAddress(),
        limits.connections(),
        limits.perClient());
  }
}
