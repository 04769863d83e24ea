package dev.godwit.plan;

import dev.godwit.service.Place;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How the services of a host are pointed at the one or the other of its trees, where old and new
 * are one host: by a configuration that is edited, a link or a mount that is exchanged. The paths
 * of the trees themselves lead to the same directories all the time.
 *
 * @param command an argument list in which {@code {to}} and {@code {from}} are filled in; run while
 *     the services are stopped
 * @param where an argument list that writes the name of the place that they use
 * @param oldName what {@code where} writes when they use the trees of old
 * @param newName the same of new
 * @param limit of either command
 */
public record PlannedPlace(
    List<String> command, List<String> where, String oldName, String newName, Duration limit) {
  public PlannedPlace {
    command = List.copyOf(command);
    where = List.copyOf(where);
  }

  /** The trees of old, and how the services are pointed there. */
  public Place onOld() {
    return place(oldName, newName);
  }

  /** The trees of new, likewise. */
  public Place onNew() {
    return place(newName, oldName);
  }

  private Place place(String to, String from) {
    return new Place(to, Placeholders.fill(command, Map.of("to", to, "from", from)), where, limit);
  }
}
