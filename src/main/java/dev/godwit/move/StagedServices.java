package dev.godwit.move;

import dev.godwit.service.Control;
import dev.godwit.service.KnownUnit;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which services of a plan are started in a rehearsal, and which are not: a unit that only the
 * host's own systemd can run, and all that comes after one, since it may need it. Units that are
 * started are run without systemd: see {@link Control.Staged}.
 *
 * @param tried in the plan's order
 * @param untried in the plan's order
 */
record StagedServices(List<Service> tried, List<Untried> untried) {
  /**
   * One that is not started.
   *
   * @param why for people
   */
  record Untried(Service service, String why) {}

  StagedServices {
    tried = List.copyOf(tried);
    untried = List.copyOf(untried);
  }

  /**
   * Asks the host that is to serve; changes nothing there.
   *
   * @throws MoveException FAILED when its systemd says that it could not start a unit: a cut-over
   *     would meet the same
   */
  static StagedServices of(
      List<Service> services, ServiceClient next, String word, Set<String> without)
      throws IOException {
    Map<String, KnownUnit> units = units(services, next);
    List<String> unusable = new ArrayList<>();
    units.forEach(
        (service, unit) -> {
          if (!unit.unusable().isEmpty()) {
            unusable.add(
                "%s: %s cannot be started: %s".formatted(service, unit.name(), unit.unusable()));
          }
        });
    if (!unusable.isEmpty()) {
      throw new MoveException(
          MoveException.Kind.FAILED, "on %s: %s".formatted(word, String.join("; ", unusable)));
    }
    return of(services, units, without);
  }

  /** The same with what was answered, by the services' names. */
  static StagedServices of(
      List<Service> services, Map<String, KnownUnit> units, Set<String> without) {
    List<Service> tried = new ArrayList<>();
    List<Untried> untried = new ArrayList<>();
    Set<String> left = new HashSet<>();
    Set<String> planned =
        services.stream().map(each -> each.control().display()).collect(Collectors.toSet());
    for (Service service : services) {
      KnownUnit unit = units.get(service.name());
      List<String> awaited = service.after().stream().filter(left::contains).toList();
      String why =
          without.contains(service.name())
              ? "the command was given --without it"
              : !awaited.isEmpty()
                  ? "it comes after " + String.join(", ", awaited)
                  : unit == null ? "" : needsSystemd(unit, planned);
      if (why.isEmpty()) {
        tried.add(unit == null ? service : service.with(new Control.Staged(unit)));
      } else {
        untried.add(new Untried(service, why));
        left.add(service.name());
      }
    }
    return new StagedServices(tried, untried);
  }

  /** A socket unit of the plan listens for its service although nobody has started it there yet. */
  private static String needsSystemd(KnownUnit unit, Set<String> planned) {
    String socket = unit.name().replaceFirst("\\.service$", ".socket");
    return !socket.equals(unit.name()) && planned.contains(socket)
        ? "systemd listens for it by " + socket
        : unit.needsSystemd();
  }

  /** What a host's systemd says of those that are units, by the services' names. */
  static Map<String, KnownUnit> units(List<Service> services, ServiceClient host)
      throws IOException {
    Map<String, KnownUnit> known = new LinkedHashMap<>();
    for (Service service : services) {
      if (service.control() instanceof Control.Unit unit) {
        known.put(service.name(), host.units(List.of(unit.unit())).getFirst());
      }
    }
    return known;
  }

  static boolean hasUnits(List<Service> services) {
    return services.stream().anyMatch(service -> service.control() instanceof Control.Unit);
  }

  /** Whether any of those that are started is a unit. */
  boolean hasStaged() {
    return tried.stream().anyMatch(service -> service.control() instanceof Control.Staged);
  }

  /** For people. */
  String summary() {
    String there = tried.stream().map(Service::name).collect(Collectors.joining(", "));
    String not =
        untried.stream().map(each -> each.service().name()).collect(Collectors.joining(", "));
    List<String> leftOut = new ArrayList<>();
    for (Service each : tried) {
      if (each.control() instanceof Control.Staged staged) {
        staged.unit().leftOut().forEach(line -> leftOut.add(each.name() + ": " + line));
      }
    }
    return (there.isEmpty() ? "none can be started here" : there)
        + (not.isEmpty() ? "" : "; not started: " + not)
        + (leftOut.isEmpty()
            ? ""
            : "; left out, since it speaks to systemd: " + String.join(", ", leftOut));
  }
}
