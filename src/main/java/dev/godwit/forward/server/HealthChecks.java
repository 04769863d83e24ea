package dev.godwit.forward.server;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.relay.Attempt;
import dev.godwit.forward.relay.Side;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;

/**
 * Tries the destinations of all groups that want it, by connecting and letting go: a way of its
 * own, which clients' connections do not stand in (H55). Runs on a loop of its own.
 *
 * <p>Where nothing has to be said, the handshake ends with a reset in the place of its last ACK:
 * the other kernel has said that somebody listens, and the service never sees the connection. MySQL
 * and MariaDB count those that end before they have logged in, and refuse a host with {@code
 * max_connect_errors} of them.
 */
final class HealthChecks implements AutoCloseable {
  private static final long LOOK_NANOS = 100_000_000L;
  private static final Duration CONNECT_LIMIT_MAX = Duration.ofSeconds(5);

  private final EventLoop loop;
  private final Consumer<String> log;
  private final ConcurrentMap<Destinations.Place, Long> due = new ConcurrentHashMap<>();
  private volatile List<ForwardGroup> groups = List.of();

  HealthChecks(EventLoop loop, Consumer<String> log) {
    this.loop = loop;
    this.log = log;
    loop.execute(this::look);
  }

  /** From now on these groups. Any thread. */
  void watch(List<ForwardGroup> now) {
    groups = List.copyOf(now);
  }

  private void look() {
    long now = System.nanoTime();
    due.keySet().removeIf(place -> groups.stream().noneMatch(g -> has(g, place)));
    for (ForwardGroup group : groups) {
      Duration every = group.rule().checkEvery();
      for (Destinations destinations : group.allDestinations()) {
        for (Destinations.Place place : destinations.places()) {
          Long next = due.get(place);
          if (every == null) {
            unchecked(group, place);
          } else if (next == null || next - now <= 0) {
            due.put(place, now + every.toNanos());
            check(group, place);
          }
        }
      }
    }
    loop.after(LOOK_NANOS, this::look);
  }

  private static boolean has(ForwardGroup group, Destinations.Place place) {
    return group.allDestinations().stream().anyMatch(d -> d.places().contains(place));
  }

  /** A reload may have ended the checks of what they had taken down: nothing else brings it up. */
  private void unchecked(ForwardGroup group, Destinations.Place place) {
    if (place.unchecked()) {
      log.accept(
          group.rule().name()
              + ": "
              + place.target.display()
              + " is no longer checked, and counts as up again");
    }
  }

  private void check(ForwardGroup group, Destinations.Place place) {
    Destinations.Choice choice = place.checked(group.rule().listens());
    Duration limit = group.rule().connectLimit();
    if (limit.compareTo(CONNECT_LIMIT_MAX) > 0) {
      limit = CONNECT_LIMIT_MAX;
    }
    boolean isSilent = group.checkHello().length == 0;
    Attempt.Call call = choice.call(group.checkHello(), limit, null, null);
    call.begin(
        loop,
        isSilent,
        new Attempt.Outcome() {
          @Override
          public void connected(Side service) {
            service.close(isSilent); // after a header the destination should see an end
            group.verdicts().reached(choice);
          }

          @Override
          public void failed(int errno) {
            boolean unused = group.verdicts().failed(choice, errno);
          }
        });
  }

  @Override
  public void close() {
    loop.close();
  }
}
