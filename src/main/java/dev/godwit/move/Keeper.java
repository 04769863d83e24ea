package dev.godwit.move;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
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

  private record Seen(Wanted wanted, Instant at, String state, List<String> problems) {}

  private final Owned owned;
  private final Deque<KeptStatus.Event> events = new ArrayDeque<>();
  private volatile @Nullable Wanted wanted;
  private volatile @Nullable Seen seen;
  private @Nullable Wanted last;
  private String trouble = "";

  Keeper(Owned owned) {
    this.owned = owned;
  }

  void start() {
    Thread unused =
        Thread.ofPlatform().daemon().name("keeper of " + owned.name()).start(this::keep);
  }

  void want(Wanted now) {
    wanted = now;
  }

  void wantNothing() {
    wanted = null;
  }

  /** How it was at the last look; empty before the first one, and when nothing is kept. */
  Optional<KeptStatus> status() {
    Seen found = seen;
    if (found == null || !found.wanted().equals(wanted)) {
      return Optional.empty();
    }
    synchronized (events) {
      return Optional.of(
          new KeptStatus(
              owned.name(), found.at(), found.state(), found.problems(), List.copyOf(events)));
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
    Wanted now = wanted;
    if (!Objects.equals(now, last)) {
      last = now;
      owned.begin();
    }
    if (now == null) {
      return;
    }
    try {
      Optional<Look> look = owned.look(now);
      look.ifPresent(found -> found.events().forEach(this::note));
      seen =
          look.map(found -> new Seen(now, Instant.now(), found.state(), found.problems()))
              .orElse(null);
      trouble = "";
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      if (!now.equals(wanted)) {
        return; // a switch has begun, and with it an epoch in which this order is refused
      }
      seen =
          new Seen(
              now,
              Instant.now(),
              "not known",
              List.of("the %s cannot be looked after: %s".formatted(owned.name(), message)));
      if (!message.equals(trouble)) {
        System.err.println(owned.name() + ": " + message);
        trouble = message;
      }
    }
  }

  private void note(String what) {
    System.err.println(owned.name() + ": " + what);
    synchronized (events) {
      events.addLast(new KeptStatus.Event(Instant.now().truncatedTo(ChronoUnit.MILLIS), what));
      if (events.size() > EVENTS_MAX) {
        events.removeFirst();
      }
    }
  }
}
