package dev.godwit.move;

import dev.godwit.host.HostFacts;
import dev.godwit.journal.Run;
import dev.godwit.outside.Seen;
import dev.godwit.outside.Target;
import dev.godwit.outside.Watch;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.plan.PlannedService;
import dev.godwit.plan.Watcher;
import dev.godwit.service.Check;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks the plan's ports while a switch is made, from the host where the commands are typed and from
 * a third one where the plan names it, as the clients do: through old's address, at which they are
 * served all the time, in a rollback through new's too, and through the address that moves with the
 * services, where the plan has one. What was seen goes into the journal. Nothing of a switch waits
 * for it, and nothing fails with it.
 */
public final class Outside {
  /** The journal's fact of the last switch: one line a port, as {@link Seen#line}. */
  public static final String FACT = "outside";

  /** Of each switch, at its end. */
  public static final String STEP = "outside";

  /** Beyond the hold: a held client then still has its answer to get. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final Move move;
  private final @Nullable Watch watch;
  private final @Nullable FarWatch farWatch;

  private Outside(Move move, @Nullable Watch watch, @Nullable FarWatch farWatch) {
    this.move = move;
    this.watch = watch;
    this.farWatch = farWatch;
  }

  /** Begins to ask. */
  static Outside begin(Move move, Direction direction) {
    try {
      List<Target> targets = targets(move.plan(), addresses(move, direction));
      Duration limit = move.plan().limits().hold().plus(ANSWER);
      if (targets.isEmpty()) {
        return new Outside(move, null, null);
      }
      return new Outside(move, Watch.start(targets, limit), farWatch(move.plan(), targets, limit));
    } catch (IOException e) {
      move.warn(
          Warnings.Code.NOT_WATCHED, "The ports are not watched from outside: " + e.getMessage());
      return new Outside(move, null, null);
    }
  }

  private static @Nullable FarWatch farWatch(Plan plan, List<Target> targets, Duration limit) {
    Watcher watcher = plan.watcher();
    if (watcher == null) {
      return null;
    }
    InetAddress address = watcher.address();
    List<Target> there =
        address == null
            ? targets
            : targets.stream().map(target -> target.at(address)).distinct().toList();
    return FarWatch.begin(plan, watcher, there, limit);
  }

  /** Ends it; what was seen is told and recorded. */
  void end(Run run) throws InterruptedException {
    if (watch == null) {
      return;
    }
    List<Seen> seen = new ArrayList<>(watch.end());
    if (farWatch != null) {
      try {
        seen.addAll(farWatch.end());
      } catch (IOException e) {
        move.warn(Warnings.Code.WATCHER_LOST, "The third host has not watched: " + e.getMessage());
      }
    }
    try {
      move.step(
          run,
          STEP,
          "nothing to undo",
          () -> {
            move.journal()
                .setFact(FACT, seen.stream().map(Seen::line).collect(Collectors.joining("\n")));
            return summary(seen);
          });
    } catch (IOException e) {
      move.listener().note("What was seen from outside could not be recorded: " + e.getMessage());
    }
  }

  /** Every port is in the report. */
  private static String summary(List<Seen> seen) {
    List<Seen> asked = seen.stream().filter(each -> each.requests() > 0).toList();
    if (asked.isEmpty()) {
      return "no port answered at the beginning, so none was asked";
    }
    String gap =
        asked.stream()
            .filter(Seen::seesHold)
            .max(Comparator.comparing(Seen::longestGap))
            .map(w -> "longest gap %d ms (%s)".formatted(w.longestGap().toMillis(), w.service()))
            .orElse("by connections only, so whether anybody was held is not seen");
    long unanswered = asked.stream().mapToLong(Seen::unanswered).sum();
    return "%d of %d ports asked: %d requests, %d failed, %s%s"
        .formatted(
            asked.size(),
            seen.size(),
            asked.stream().mapToLong(Seen::requests).sum(),
            asked.stream().mapToLong(Seen::failures).sum(),
            unanswered == 0 ? "" : unanswered + " still waited at the end, ",
            gap);
  }

  private static Set<InetAddress> addresses(Move move, Direction direction) throws IOException {
    Set<InetAddress> addresses = new LinkedHashSet<>();
    addresses.add(address(move, Role.OLD));
    if (direction == Direction.TO_OLD && !move.plan().isWithinHost()) {
      addresses.add(address(move, Role.NEW));
    }
    switch (move.plan().address()) {
      case null -> {}
      case PlannedAddress.Floating floating -> addresses.add(floating.onOld().address());
      case PlannedAddress.Command command -> {
        try {
          addresses.add(InetAddress.ofLiteral(command.address()));
        } catch (IllegalArgumentException e) {
          move.warn(
              Warnings.Code.NOT_WATCHED,
              "What clients see at the address %s is not watched from outside: it is written as no IP address"
                  .formatted(command.address()));
        }
      }
    }
    return addresses;
  }

  private static InetAddress address(Move move, Role role) throws IOException {
    Side side = Side.of(move, role);
    Side other = Side.of(move, role.other());
    return Landings.addressOf(side, HostFacts.of(side.host()), other, HostFacts.of(other.host()));
  }

  private static List<Target> targets(Plan plan, Set<InetAddress> addresses) {
    List<Target> targets = new ArrayList<>();
    for (PlannedService planned : plan.services()) {
      String name = planned.service().name();
      for (int port : planned.service().ports()) {
        Optional<Check.Http> page =
            planned.service().checks().stream()
                .filter(Check.Http.class::isInstance)
                .map(Check.Http.class::cast)
                .filter(check -> check.port() == port)
                .findFirst();
        for (InetAddress address : addresses) {
          InetSocketAddress at = new InetSocketAddress(address, port);
          targets.add(
              page.map(p -> new Target(name, at, p.url(), p.statusFrom(), p.statusTo()))
                  .orElseGet(() -> Target.port(name, at)));
        }
      }
    }
    return targets;
  }
}
