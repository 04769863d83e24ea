package dev.godwit.move;

import dev.godwit.forward.PortGroup;
import dev.godwit.plan.GateLimits;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.util.List;

/** The services of a plan, as the hosts are told of them. */
public final class PlanServices {
  private PlanServices() {}

  /**
   * The names of those that do not run on the host that serves.
   *
   * @param serving of that host
   */
  public static List<String> stopped(Plan plan, ServiceClient serving) throws IOException {
    List<Service> all = of(plan);
    List<String> running = serving.running(all);
    return all.stream().map(Service::name).filter(name -> !running.contains(name)).toList();
  }

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
