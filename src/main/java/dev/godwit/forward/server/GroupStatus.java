package dev.godwit.forward.server;

import dev.godwit.forward.Callers;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.relay.Count;
import dev.godwit.forward.rules.Target;
import dev.godwit.linux.Sockets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** How a group of a forwarder stands, as {@link ForwardStatus} tells it. */
final class GroupStatus {
  /** Of those who come, a status names so many; the counts have all. */
  private static final int CALLERS_MAX = 50;

  private GroupStatus() {}

  static ForwardStatus.Group of(ForwardGroup group, List<String> listens)
      throws InterruptedException {
    List<ForwardStatus.Place> places = new ArrayList<>();
    for (Destinations.Place p : group.destinations().places()) {
      places.add(place("", p));
    }
    group
        .byName()
        .forEach((name, to) -> to.places().forEach(p -> places.add(place(name + " to ", p))));
    Count count = group.count();
    List<Callers.Seen> callers = group.callers().list();
    return new ForwardStatus.Group(
        group.rule().name(),
        listens,
        places,
        group.view().mode().planName(),
        group.view().why(),
        group.mode(),
        count.open.get(),
        count.held.get(),
        count.total.sum(),
        group.bytes().sum(),
        count.refused.sum(),
        count.errors(),
        group.oldestNanos() / 1_000_000_000,
        group.udpSessions(),
        group.datagramsKept(),
        callers.subList(0, Math.min(CALLERS_MAX, callers.size())),
        group.kernel(),
        group.kernelWhy(),
        group.kernelOpen());
  }

  private static ForwardStatus.Place place(String prefix, Destinations.Place p) {
    return new ForwardStatus.Place(
        prefix + p.target.display(),
        p.addresses().stream().map(Sockets::display).toList(),
        p.isUp(),
        p.open.get(),
        p.total.sum(),
        p.failures.sum(),
        p.lastError());
  }

  /** Where its clients go, for people. */
  static String to(ForwardGroup group) {
    return group.destinations().places().stream()
        .map(p -> p.target)
        .map(Target::display)
        .collect(Collectors.joining(", "));
  }
}
