package dev.godwit.forward.server;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.Listen;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a group's destinations learn of its clients.
 *
 * @param why nothing better, for people; empty when it is the best, or what the rule asks for. With
 *     {@code TRANSPARENT}: why not all clients' addresses are seen
 */
record ClientView(ClientAddress mode, String why) {
  /** Why who sends from elsewhere is not seen. */
  private static final String DATAGRAMS = "datagrams are passed on by sockets of this host";

  /** Behind a reason that names where new connections went before a release. */
  private static final String BY_THE_RULES =
      " (settled by where the rules lead, and not changed by a release)";

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
    if (asked == null && showsNobody(rule)) {
      return new ClientView(ClientAddress.PLAIN, whyNobody(rule));
    }
    List<Sight> sights = new ArrayList<>();
    for (Destinations all : destinations) {
      for (Destinations.Place place : all.places()) {
        sights.add(place.sight(transparency));
      }
    }
    String why = joined(sights.stream().map(Sight::why));
    if (asked != null && !why.isEmpty()) {
      throw new IOException(
          "unable to show the clients' own addresses to the destinations of "
              + rule.name()
              + ": "
              + why
              + "; use plain, proxy-v1 or proxy-v2");
    }
    boolean some = sights.stream().anyMatch(Sight::some);
    return new ClientView(some ? ClientAddress.TRANSPARENT : ClientAddress.PLAIN, why);
  }

  private static String joined(Stream<String> reasons) {
    return reasons.filter(r -> !r.isEmpty()).distinct().collect(Collectors.joining("; "));
  }

  /**
   * Why some clients' own addresses are not seen, as things are now: names may have got other
   * addresses since, and a release may lead elsewhere.
   *
   * @param current where new connections go
   * @param released whether a release has sent them elsewhere than the rule
   * @return for people; empty when all are, or when that was not to be
   */
  String whyNow(
      ForwardRule rule, List<Destinations> current, boolean released, Transparency transparency) {
    if (mode != ClientAddress.TRANSPARENT) {
      return released && !why.isEmpty() && !showsNobody(rule) ? why + BY_THE_RULES : why;
    }
    if (rule.via() != null) {
      return why; // another host is not asked again
    }
    List<String> reasons = new ArrayList<>();
    for (Destinations all : current) {
      for (Destinations.Place place : all.places()) {
        Sight sight = place.sightFromHere(transparency);
        reasons.add(sight.why());
        if (sight.some()) {
          reasons.add(otherFamily(rule, place, true));
          reasons.add(otherFamily(rule, place, false));
        }
      }
    }
    if (rule.listens().stream().anyMatch(ClientView::isForDatagramsFromElsewhere)) {
      reasons.add(DATAGRAMS);
    }
    return joined(reasons.stream());
  }

  /** A client is shown only to an address of its own family. */
  private static String otherFamily(ForwardRule rule, Destinations.Place place, boolean six) {
    boolean may = rule.listens().stream().anyMatch(l -> admits(l, six));
    return !may || place.addresses().stream().anyMatch(a -> a instanceof Inet6Address == six)
        ? ""
        : "%s has no address for clients of %s"
            .formatted(place.target.display(), six ? "IPv6" : "IPv4");
  }

  /** Whether clients of a family come there from other hosts. */
  private static boolean admits(Listen listen, boolean six) {
    return listen instanceof Listen.Port port
        && !port.udp()
        && switch (port.scope()) {
          case LOOPBACK -> false;
          case ALL -> !six || Sockets.hasIpv6();
          case ONE -> port.address() instanceof Inet6Address == six;
        };
  }

  /** Clients of this host have no address that is worth the effort. */
  private static boolean isForThisHost(Listen listen) {
    return switch (listen) {
      case Listen.Unix _ -> true;
      case Listen.Port p ->
          p.scope() == Listen.Scope.LOOPBACK
              || p.address() != null && p.address().isLoopbackAddress();
    };
  }

  private static boolean isForDatagramsFromElsewhere(Listen listen) {
    return listen.isUdp() && !isForThisHost(listen);
  }

  /** Whether there is no client whose own address could be shown, and is worth it. */
  private static boolean showsNobody(ForwardRule rule) {
    return rule.listens().stream().allMatch(l -> l.isUdp() || isForThisHost(l));
  }

  private static String whyNobody(ForwardRule rule) {
    if (rule.keepsUser()) {
      return ""; // more than an address is seen
    }
    List<Listen> listens = rule.listens();
    if (listens.stream().allMatch(ClientView::isForThisHost)) {
      return "its clients are on this host";
    }
    return listens.stream().allMatch(ClientView::isForDatagramsFromElsewhere)
        ? DATAGRAMS
        : DATAGRAMS + ", and its other clients are on this host";
  }
}
