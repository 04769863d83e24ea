package dev.godwit.check;

import dev.godwit.service.Control;
import dev.godwit.service.Service;
import dev.godwit.survey.Units;
import dev.godwit.survey.Units.Unit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What systemd would do beside what the plan orders: refuse to start a unit, stop or start others
 * with it, listen on in its place.
 */
final class UnitLook implements Look {
  /** What can be a service to somebody; targets and slices only group, mounts are looked at. */
  private static final Set<String> TOLD = Set.of("service", "socket", "path", "timer");

  @Override
  public void look(Facts facts, Findings findings) {
    for (Facts.Side side : facts.hosts()) {
      if (!side.units().trouble().isEmpty()) {
        findings.add(
            Code.NOT_ALL_SEEN,
            "%s: what is tied to the units was not seen: %s"
                .formatted(side.name(), side.units().trouble()));
      }
      planned(facts, side.units()).forEach(unit -> usable(side, unit, findings));
    }
    stopsToo(facts, findings);
    startsToo(facts, findings);
    facts.services().forEach(each -> sockets(facts, each.service(), findings));
  }

  private static List<Unit> planned(Facts facts, Units units) {
    return facts.services().stream()
        .flatMap(each -> each.service().control().unitName().stream())
        .flatMap(name -> units.of(name).stream())
        .toList();
  }

  private static Set<String> plannedNames(Facts facts, Units units) {
    Set<String> names = new HashSet<>();
    planned(facts, units).forEach(unit -> names.addAll(unit.names()));
    return names;
  }

  /** A unit that is not there at all is the service's own finding. */
  private static void usable(Facts.Side side, Unit unit, Findings findings) {
    if (unit.load().equals("not-found")) {
      return;
    }
    if (!unit.isLoaded()) {
      unusable(side, unit, unit, findings);
      return;
    }
    for (String name : unit.requires()) {
      side.units()
          .of(name)
          .filter(required -> !required.isLoaded())
          .ifPresent(required -> unusable(side, unit, required, findings));
    }
  }

  private static void unusable(Facts.Side side, Unit unit, Unit reason, Findings findings) {
    findings.add(
        Code.UNIT_UNUSABLE,
        "%s: %s cannot be started%s: %s%s"
            .formatted(
                side.name(),
                unit.name(),
                reason.equals(unit) ? "" : ", for it requires " + reason.name(),
                reason.loadError().isEmpty() ? reason.load() : reason.loadError(),
                unit.isUp() ? " It runs, and could not be started again" : ""),
        switch (reason.load()) {
          case "masked" -> "before the cut-over: systemctl unmask " + reason.name();
          case "not-found" -> "install it there";
          default ->
              "correct what systemctl status %s says, then systemctl daemon-reload"
                  .formatted(reason.name());
        });
  }

  /** In the hold, and by whichever unit in between; the way back would not start it either. */
  private static void stopsToo(Facts facts, Findings findings) {
    Units units = facts.oldHost().units();
    Set<String> known = plannedNames(facts, units);
    Set<String> startedAgain = new HashSet<>();
    planned(facts, units).forEach(unit -> startedAgain.addAll(startedWith(unit)));
    Set<String> told = new HashSet<>();
    for (Unit unit : planned(facts, units)) {
      for (Unit other : stoppedWith(unit, units)) {
        if (other.isUp()
            && isTold(other.name())
            && !known.contains(other.name())
            && !startedAgain.contains(other.name())
            && told.add(other.name())) {
          findings.add(
              Code.STOPS_TOO,
              "%s: systemd stops %s with %s, and the plan does not list it: nothing starts it again"
                  .formatted(facts.oldHost().name(), other.name(), unit.name()));
        }
      }
    }
  }

  private static Set<Unit> stoppedWith(Unit unit, Units units) {
    Set<Unit> all = new LinkedHashSet<>();
    Deque<Unit> next = new ArrayDeque<>(List.of(unit));
    while (!next.isEmpty()) {
      for (String name : next.removeFirst().stopsToo()) {
        units.of(name).filter(all::add).ifPresent(next::add);
      }
    }
    return all;
  }

  private static Set<String> startedWith(Unit unit) {
    Set<String> names = new LinkedHashSet<>(unit.requires());
    names.addAll(unit.wants());
    return names;
  }

  private static void startsToo(Facts facts, Findings findings) {
    Units units = facts.newHost().units();
    Set<String> known = plannedNames(facts, units);
    Set<String> told = new HashSet<>();
    for (Unit unit : planned(facts, units)) {
      for (String name : startedWith(unit)) {
        Optional<Unit> other = units.of(name);
        boolean isPart = unit.stopsToo().contains(name);
        if (!unit.isUp()
            && !isPart
            && isTold(name)
            && !known.contains(name)
            && other.isPresent()
            && other.get().isLoaded()
            && !other.get().isUp()
            && told.add(name)) {
          findings.add(
              Code.STARTS_TOO,
              "%s: systemd starts %s with %s, and the plan does not list it"
                  .formatted(facts.newHost().name(), name, unit.name()));
        }
      }
    }
  }

  /** Systemd itself listens on a port of the plan, and goes on when the service has stopped. */
  private static void sockets(Facts facts, Service service, Findings findings) {
    if (!(service.control() instanceof Control.Unit planned)) {
      return;
    }
    boolean isSystemds =
        service.ports().stream()
            .flatMap(port -> facts.oldHost().running().tcp(port).stream())
            .anyMatch(listener -> listener.pids().contains(1));
    if (!isSystemds) {
      return;
    }
    Units units = facts.oldHost().units();
    Set<String> known = plannedNames(facts, units);
    for (String name : units.of(planned.unit()).map(Unit::triggers).orElse(List.of())) {
      if (name.endsWith(".socket")
          && !known.contains(name)
          && units.of(name).filter(Unit::isUp).isPresent()) {
        findings.add(
            Code.SOCKET_UNIT,
            "%s: systemd listens for %s by %s, which the plan does not list"
                .formatted(facts.oldHost().name(), service.name(), name));
      }
    }
  }

  private static boolean isTold(String name) {
    return TOLD.contains(name.substring(name.lastIndexOf('.') + 1));
  }
}
