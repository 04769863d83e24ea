package dev.godwit.move;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps something of the hosts as the last switch has left it: looks again and again, lets it be
 * put right, and remembers what was so, for the log, the status and the report.
 *
 * <p>It does nothing while a switch is under way, and what it has put right under an order that is
 * over by then is refused by the host (H58). Threads: safe.
 */
final class Keeper {
  /** The latest; what happens again and again is no news. */
  private static final int EVENTS_MAX = 100;

  /**
   * A look that is late by more has met something that keeps it. Longer than the time after which a
   * host that does not answer is said to be away.
   */
  private static final Duration LATE = Duration.ofSeconds(30);

  /**
   * How it is to be.
   *
   * @param serving the host that serves
   * @param epoch of the order that said so
   * @param isFenced whether the other one was left by a switch, so that its services are fenced
   */
  record Wanted(Role serving, long epoch, boolean isFenced) {}

  /**
   * What a look has found.
   *
   * @param state one line for people
   * @param problems what is not as it is to be, with what to do
   * @param events what was put right or noticed for the first time
   */
  record Look(String state, List<String> problems, List<String> events) {}

  /** What is kept. Called by one thread. */
  interface Owned {
    String name();

    Duration every();

    /** A new order is in force: what was remembered of the one before counts no more. */
    void begin();

    /**
     * Looks, and puts right what may be.
     *
     * @return empty when nothing is to be kept
     */
    Optional<Look> look(Wanted wanted) throws IOException, InterruptedException;
  }

  /**
   * @param look empty when nothing is to be kept
   */
  private record Seen(Wanted wanted, Instant at, Optional<Look> look) {}

  private record Ordered(Wanted wanted, Instant at) {}

  private final Owned owned;
  private final Clock clock;
  private final Trouble trouble;
  private final Deque<KeptStatus.Event> events = new ArrayDeque<>();
  private volatile @Nullable Ordered ordered;
  private volatile @Nullable Seen seen;
  private @Nullable Wanted last;

  Keeper(Owned owned, Clock clock) {
    this.owned = owned;
    this.clock = clock;
    this.trouble = new Trouble(owned.name());
  }

  void start() {
    Thread unused =
        Thread.ofPlatform().daemon().name("keeper of " + owned.name()).start(this::keep);
  }

  void want(Wanted now) {
    ordered = new Ordered(now, clock.instant());
  }

  void wantNothing() {
    ordered = null;
  }

  private @Nullable Wanted wanted() {
    Ordered order = ordered;
    return order == null ? null : order.wanted();
  }

  /**
   * How it was at the last look, and that this was long ago where it was; empty before the first
   * one, and when nothing is kept.
   */
  Optional<KeptStatus> status() {
    Ordered order = ordered;
    if (order == null) {
      return Optional.empty();
    }
    Seen found = seen;
    if (found == null || !found.wanted().equals(order.wanted())) {
      return isLate(order.at()) ? Optional.of(late(order.at(), null)) : Optional.empty();
    }
    return found
        .look()
        .map(look -> isLate(found.at()) ? late(found.at(), look) : status(found.at(), look));
  }

  private boolean isLate(Instant since) {
    return since.plus(owned.every()).plus(LATE).isBefore(clock.instant());
  }

  /**
   * @param since the last look, or the order when there was none
   */
  private KeptStatus late(Instant since, @Nullable Look last) {
    String age = Duration.between(since, clock.instant()).toSeconds() + " s";
    List<String> problems = new ArrayList<>();
    problems.add(
        "nobody has looked after the %s for %s, where it is to be done every %d s: a host keeps a question waiting, or the process with the mirrors has a defect, of which its log beside the plan says more. What changes there is not put right meanwhile"
            .formatted(owned.name(), age, owned.every().toSeconds()));
    if (last == null) {
      return status(since, new Look("not known", problems, List.of()));
    }
    problems.addAll(last.problems());
    return status(since, new Look(last.state() + ", " + age + " ago", problems, List.of()));
  }

  private KeptStatus status(Instant at, Look look) {
    synchronized (events) {
      return new KeptStatus(owned.name(), at, look.state(), look.problems(), List.copyOf(events));
    }
  }

  private void keep() {
    try {
      while (true) {
        Thread.sleep(owned.every());
        look();
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  /** Looks once. */
  void look() throws InterruptedException {
    Wanted now = wanted();
    try {
      if (!Objects.equals(now, last)) {
        last = now;
        owned.begin();
      }
      if (now == null) {
        return;
      }
      Optional<Look> look = owned.look(now);
      look.ifPresent(found -> found.events().forEach(this::note));
      seen = new Seen(now, clock.instant(), look);
      trouble.end();
    } catch (IOException | RuntimeException e) {
      if (now == null || !now.equals(wanted())) {
        return; // a switch has begun, and with it an epoch in which this order is refused
      }
      String problem = "the %s cannot be looked after: %s".formatted(owned.name(), trouble.tell(e));
      seen =
          new Seen(
              now,
              clock.instant(),
              Optional.of(new Look("not known", List.of(problem), List.of())));
    }
  }

  private void note(String what) {
    System.err.println(owned.name() + ": " + what);
    synchronized (events) {
      events.addLast(new KeptStatus.Event(clock.instant().truncatedTo(ChronoUnit.MILLIS), what));
      if (events.size() > EVENTS_MAX) {
        events.removeFirst();
      }
    }
  }
}
