package dev.godwit.forward.server;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.Listen;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a group's destinations learn of its clients.
 *
 * @param why nothing better, for people; empty when it is the best, or what the rule asks for
 */
record ClientView(ClientAddress mode, String why) {
  /**
   * What the rule asks for; the clients' own addresses where it leaves that open and they can be
   * kept.
   *
   * @param destinations with their addresses
   * @throws IOException for people, when the rule asks for what cannot be done
   */
  static ClientView of(ForwardRule rule, List<Destinations> destinations, Transparency transparency)
      throws IOException {
    ClientAddress asked = rule.clientAddress();
    if (asked != null && asked != ClientAddress.TRANSPARENT) {
      return new ClientView(asked, "");
    }
    String problem = asked == null && isForThisHost(rule) ? "its clients are on this host" : null;
    if (problem == null) {
      problem = problem(destinations, transparency);
    }
    if (problem == null) {
      return new ClientView(ClientAddress.TRANSPARENT, "");
    }
    if (asked != null) {
      throw new IOException(
          "unable to show the clients' own addresses to the destinations of "
              + rule.name()
              + ": "
              + problem
              + "; use plain, proxy-v1 or proxy-v2");
    }
    return new ClientView(ClientAddress.PLAIN, problem);
  }

  /** Clients of this host have no address that is worth the effort. */
  private static boolean isForThisHost(ForwardRule rule) {
    return rule.listens().stream()
        .allMatch(
            l ->
                switch (l) {
                  case Listen.Unix _ -> true;
                  case Listen.Port p ->
                      p.udp()
                          || p.scope() == Listen.Scope.LOOPBACK
                          || p.address() != null && p.address().isLoopbackAddress();
                });
  }

  /** Of the last destination for which it does not work; null when it works for one. */
  private static @Nullable String problem(
      List<Destinations> destinations, Transparency transparency) throws IOException {
    String problem = "there is no destination";
    for (Destinations all : destinations) {
      for (Destinations.Place place : all.places()) {
        problem = place.transparencyProblem(transparency);
        if (problem == null) {
          return null;
        }
      }
    }
    return problem;
  }
}
