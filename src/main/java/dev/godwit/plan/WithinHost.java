package dev.godwit.plan;

import dev.godwit.service.Service;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * What a plan says, and may not say, when old and new are one host: its services stop and start
 * again where they are, and only their files go to another place.
 */
final class WithinHost {
  /** What {@code new} says then. */
  static final String SAME = "same";

  private static final String ONE = " where old and new are one host";

  private final Problems problems;

  WithinHost(Problems problems) {
    this.problems = problems;
  }

  /** Reads the place, and refuses whatever has no meaning beside it. */
  @Nullable PlannedPlace place(
      Section section, List<PlannedService> services, boolean movesAddress) {
    refuse(section, "databases", "not yet" + ONE + ": its server would have to be told too");
    refuse(section, "relay", "nothing is relayed" + ONE);
    if (movesAddress) {
      refuse(section, "address", "none moves" + ONE);
    }
    Node servicesNode = section.get("services");
    if (servicesNode != null) {
      services.forEach(planned -> refuse(servicesNode, planned));
    }
    Node placeNode =
        section.require(
            "place",
            "how the services are pointed at the trees of new: { command: […, \"{to}\"], where: […], old: …, new: … }");
    return placeNode == null ? null : new PlaceReader(problems).read(placeNode);
  }

  private void refuse(Section section, String key, String why) {
    Node node = section.get(key);
    if (node != null) {
      problems.add(node, key + ": " + why);
    }
  }

  private void refuse(Node node, PlannedService planned) {
    String name = planned.service().name();
    if (planned.queue() != null) {
      problems.add(
          node, "%s: \"queue\": it stays where it is%s; leave the key out".formatted(name, ONE));
    }
    if (!planned.sockets().isEmpty()) {
      problems.add(node, "%s: \"sockets\": they cannot be held yet%s".formatted(name, ONE));
    }
    if (planned.service().when() == Service.When.ALREADY_RUNNING) {
      problems.add(
          node, "%s: \"already-running\": every service stops and starts%s".formatted(name, ONE));
    }
  }
}
