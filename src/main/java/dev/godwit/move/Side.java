package dev.godwit.move;

import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.daemons.LandingClient;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.service.ServiceClient;

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

  String word() {
    return role.word();
  }
}
