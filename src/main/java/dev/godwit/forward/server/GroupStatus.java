package dev.godwit.forward.server;

import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.relay.Count;
import dev.godwit.forward.rules.Target;
import dev.godwit.linux.Sockets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** How a group of a forwarder stands, as {@link ForwardStatus} tells it. */
final class GroupStatus {
  private GroupStatus() {}

  static ForwardStatus.Group of(ForwardGroup group, List<String> listens)
      throws InterruptedException {
    List<Standing> current = new ArrayList<>();
    group.current((name, to) -> to.places().forEach(p -> add(current, name, p)));
    List<Standing> left = new ArrayList<>();
    group.former((name, to) -> to.places().forEach(p -> addLeft(current, left, name, p)));
    List<ForwardStatus.Place> places = new ArrayList<>();
    current.forEach(s -> places.add(s.told(false)));
    left.forEach(s -> places.add(s.told(true)));
    Count count = group.count();
    return new ForwardStatus.Group(
        group.rule().name(),
        listens,
        places,
        group.view().mode().planName(),
        group.viewWhy(),
        group.rule().keepsUser(),
        group.mode(),
        group.leaseMillis(),
        count.open.get(),
        count.held.get(),
        count.total.sum(),
        group.bytes().sum(),
        count.refused.sum(),
        count.errors(),
        group.oldestNanos() / 1_000_000_000,
        group.udpSessions(),
        group.datagramsKept(),
        group.callers().list(),
        group.past().display(),
        group.past().why(),
        group.past().open());
  }

  /** A destination, with what is open to it from before a change as well. */
  private static final class Standing {
    private final String serverName;
    private final Destinations.Place place;
    private int open;
    private long total;
    private long failures;

    private Standing(String serverName, Destinations.Place place) {
      this.serverName = serverName;
      this.place = place;
      add(place);
    }

    private void add(Destinations.Place p) {
      open += p.open.get();
      total += p.total.sum();
      failures += p.failures.sum();
    }

    private boolean isOf(String name, Destinations.Place p) {
      return serverName.equals(name) && place.isSame(p);
    }

    private ForwardStatus.Place told(boolean left) {
      return new ForwardStatus.Place(
          (serverName.isEmpty() ? "" : serverName + " to ") + place.target.display(),
          place.addresses().stream().map(Sockets::display).toList(),
          left,
          place.isUp(),
          open,
          total,
          failures,
          place.lastError());
    }
  }

  private static void add(List<Standing> to, String name, Destinations.Place place) {
    to.add(new Standing(name, place));
  }

  /** One that is the same as a current one, left and taken again, is no other place. */
  private static void addLeft(
      List<Standing> current, List<Standing> left, String name, Destinations.Place place) {
    if (place.open.get() == 0) {
      return;
    }
    for (Standing s : current) {
      if (s.isOf(name, place)) {
        s.add(place);
        return;
      }
    }
    for (Standing s : left) {
      if (s.isOf(name, place)) {
        s.add(place);
        return;
      }
    }
    add(left, name, place);
  }

  /** Where its clients go, for people. */
  static String to(ForwardGroup group) {
    return group.destinations().places().stream()
        .map(p -> p.target)
        .map(Target::display)
        .collect(Collectors.joining(", "));
  }
}
