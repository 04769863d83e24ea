package dev.godwit.move;

import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.daemons.LandingClient;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.plan.Plan;
import dev.godwit.service.CarriedQueue;
import dev.godwit.service.Place;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One of the two hosts with all that a switch asks of it. */
record Side(Role role, Host host, ServiceClient services, GateClient gate, LandingClient landing) {
  static Side of(Move move, Role role) throws HostException {
    return of(move, role, move.hosts().of(role));
  }

  /** The same over a connection that was just looked at. */
  static Side of(Move move, Role role, Host host) {
    String name = move.plan().move();
    return new Side(
        role,
        host,
        new ServiceClient(host, name),
        new GateClient(host, name),
        new LandingClient(host, name));
  }

  /**
   * Starts the plan's services there, with the trees of this side, before it serves: where it is a
   * host of its own, a reboot fences them again until they are {@link ServiceClient#lift lifted}.
   */
  List<String> startAhead(Plan plan, List<CarriedQueue> carried, long epoch, Duration limit)
      throws IOException {
    return start(plan, PlanServices.of(plan), carried, epoch, limit, plan.isWithinHost());
  }

  /** Starts them on the side that serves from now on. */
  List<String> start(Plan plan, long epoch, Duration limit) throws IOException {
    return start(plan, PlanServices.of(plan), List.of(), epoch, limit, true);
  }

  /** The same of some of them. */
  List<String> start(
      Plan plan, List<Service> which, List<CarriedQueue> carried, long epoch, Duration limit)
      throws IOException {
    return start(plan, which, carried, epoch, limit, true);
  }

  private List<String> start(
      Plan plan,
      List<Service> which,
      List<CarriedQueue> carried,
      long epoch,
      Duration limit,
      boolean serves)
      throws IOException {
    Optional<Place> place = role.place(plan);
    if (place.isPresent()) {
      services.point(which, place.get(), epoch, limit);
    }
    return services.startAll(which, carried, epoch, limit, serves);
  }

  String word() {
    return role.word();
  }
}
