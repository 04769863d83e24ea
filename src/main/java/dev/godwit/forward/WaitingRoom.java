package dev.godwit.forward;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where connections wait, in order of arrival, until there is a service for them.
 *
 * <p>Invariants: no client is closed by us while the room is shut, except beyond the limit; a guest
 * leaves in order of arrival, at most {@link #IN_FLIGHT_MAX} attempts at a time (H55); no byte of a
 * guest is read before its service is connected (H52). Loop thread only, but for {@link #waiting}
 * and {@link #holds}.
 */
final class WaitingRoom {
  /** Where guests go. */
  interface Route {
    Dial.Call call(Guest guest) throws LinuxException;
  }

  private static final int IN_FLIGHT_MAX = 64;

  private record Connection(InetSocketAddress client, int port) {}

  private final Relay relay;
  private final int guestsMax;
  private final ArrayDeque<Guest> early = new ArrayDeque<>();
  private final ArrayDeque<Guest> waiting = new ArrayDeque<>();
  private final Set<Guest> dialing = new HashSet<>();
  private final @Nullable Set<Connection> ours;
  private @Nullable Route route;
  private boolean pumping;
  private boolean ramping;

  /** Between two attempts for those who have waited; 0 for none. */
  private long paceNanos;

  /** When the next one may be made. */
  private long nextNanos;

  private EventLoop.@Nullable Timer pace;
  private volatile int guests;
  private int admittedSinceShut;
  private long longestWaitNanos;

  /** A gate's, which can tell its own connections from those of the services ({@link #holds}). */
  WaitingRoom(Relay relay, int guestsMax) {
    this(relay, guestsMax, ConcurrentHashMap.newKeySet());
  }

  private WaitingRoom(Relay relay, int guestsMax, @Nullable Set<Connection> ours) {
    this.relay = relay;
    this.guestsMax = guestsMax;
    this.ours = ours;
  }

  /** One that is never asked {@link #holds}. */
  static WaitingRoom untracked(Relay relay) {
    return new WaitingRoom(relay, Integer.MAX_VALUE, null);
  }

  /**
   * Takes a connection in.
   *
   * @param before it stood in the service's own queue: older than all that came to us
   */
  void admit(
      int fd, InetSocketAddress client, InetSocketAddress local, Count group, boolean before) {
    admit(fd, group, before, () -> new Guest(this, fd, client, local, group, System.nanoTime()));
  }

  /**
   * Takes a connection in, as a guest of another kind.
   *
   * @param before as above
   */
  void admit(int fd, Count group, boolean before, Supplier<? extends Guest> made) {
    group.total.increment();
    group.lastConnectionMillis = System.currentTimeMillis();
    if (guests + relay.open() >= guestsMax) {
      group.refused.increment();
      Sockets.closeWithReset(fd);
      return;
    }
    Guest guest = made.get();
    try {
      relay.loop().add(fd, RelayedConnection.interest(), guest);
    } catch (LinuxException e) {
      group.error(e.reason());
      Sockets.closeWithReset(fd);
      return;
    }
    admit(guest, before);
  }

  /** Takes a guest in whose descriptor is registered with it, and whom its owner has counted. */
  void admit(Guest guest, boolean before) {
    guests++;
    admittedSinceShut++;
    guest.group.held.incrementAndGet();
    if (ours != null) {
      ours.add(new Connection(guest.client, guest.local.getPort()));
    }
    (before ? early : waiting).add(guest);
    pump();
  }

  /** Guests now, with those for whom an attempt is under way. Any thread. */
  int waiting() {
    return guests;
  }

  /** Whether a connection to one of our ports is this room's or its relay's. Any thread. */
  boolean holds(InetSocketAddress client, int port) {
    return ours != null && ours.contains(new Connection(client, port));
  }

  /** How long the oldest guest of a group has waited, or 0. */
  long oldestNanos(Count group) {
    long oldest = 0;
    long now = System.nanoTime();
    for (Iterable<Guest> guests : List.<Iterable<Guest>>of(early, waiting, dialing)) {
      for (Guest g : guests) {
        if (!g.gone && g.group == group) {
          oldest = Math.max(oldest, now - g.arrivedNanos);
        }
      }
    }
    return oldest;
  }

  int admittedSinceShut() {
    return admittedSinceShut;
  }

  long longestWaitNanos() {
    long oldest = longestWaitNanos;
    long now = System.nanoTime();
    for (Guest g : waiting) {
      if (!g.gone) {
        oldest = Math.max(oldest, now - g.arrivedNanos);
        break;
      }
    }
    return oldest;
  }

  /** From now on guests wait. Attempts under way are taken back: nothing was sent for them. */
  void shut() {
    if (route != null) {
      route = null;
      admittedSinceShut = guests;
      longestWaitNanos = 0;
      for (Guest g : new ArrayList<>(dialing)) {
        takeBack(g);
        early.addFirst(g);
      }
    }
  }

  /** From now on guests go, oldest first. */
  void open(Route to) {
    open(to, 0);
  }

  /**
   * As {@link #open(Route)}.
   *
   * @param paceNanos from one attempt to the next, until nobody waits any more (H55); those who
   *     come meanwhile stand behind those who were there
   */
  void open(Route to, long paceNanos) {
    route = to;
    ramping = true;
    this.paceNanos = paceNanos;
    nextNanos = System.nanoTime();
    pump();
  }

  /** A guest has had its first event. */
  void announced() {
    pump();
  }

  /** The client is gone. */
  void left(Guest guest) {
    if (!guest.gone) {
      takeBack(guest);
      guest.group.error("client gave up while waiting");
      dismiss(guest);
      pump();
    }
  }

  /** Resets everybody who waits; for a gate that ends. */
  void clear() {
    route = null;
    for (Guest g : new ArrayList<>(dialing)) {
      takeBack(g);
      dismiss(g);
    }
    early.forEach(this::dismissUnlessGone);
    waiting.forEach(this::dismissUnlessGone);
    early.clear();
    waiting.clear();
  }

  private void dismissUnlessGone(Guest guest) {
    if (!guest.gone) {
      dismiss(guest);
    }
  }

  private void takeBack(Guest guest) {
    dialing.remove(guest);
    Dial dial = guest.dial;
    guest.dial = null;
    if (dial != null) {
      dial.cancel();
    }
  }

  private void dismiss(Guest guest) {
    depart(guest);
    guest.dismissed();
    if (ours != null) {
      ours.remove(new Connection(guest.client, guest.local.getPort()));
    }
    relay.loop().forget(guest.fd);
    Sockets.closeWithReset(guest.fd);
  }

  private void depart(Guest guest) {
    guest.gone = true;
    guests--;
    guest.group.held.decrementAndGet();
    longestWaitNanos = Math.max(longestWaitNanos, System.nanoTime() - guest.arrivedNanos);
  }

  private void pump() {
    if (pumping) {
      return; // an attempt that fails at once must not recurse
    }
    pumping = true;
    try {
      while (route != null && dialing.size() < inFlightMax() && isDue()) {
        ArrayDeque<Guest> queue = early.isEmpty() ? waiting : early;
        Guest next = queue.peek();
        if (next == null) {
          ramping = false;
          return;
        }
        if (!next.gone && next.seen == 0) {
          return; // whether it has spoken is known within this turn
        }
        queue.remove();
        if (!next.gone) {
          if (ramping) {
            nextNanos += paceNanos;
          }
          dial(next, route);
        }
      }
    } finally {
      pumping = false;
    }
  }

  /** Whether one who has waited may go now; if not, looks again when it may. */
  private boolean isDue() {
    long now = System.nanoTime();
    if (!ramping || paceNanos == 0 || nextNanos - now <= 0) {
      return true;
    }
    if (pace == null) {
      pace =
          relay
              .loop()
              .after(
                  nextNanos - now,
                  () -> {
                    pace = null;
                    pump();
                  });
    }
    return false;
  }

  /**
   * Those who have waited go a few at a time. After them, a gate keeps to it; elsewhere one
   * destination that says nothing must not keep the others waiting.
   */
  private int inFlightMax() {
    return ramping || ours != null ? IN_FLIGHT_MAX : Integer.MAX_VALUE;
  }

  private void dial(Guest guest, Route to) {
    dialing.add(guest);
    try {
      Dial dial = Dial.start(relay.loop(), to.call(guest), guest.hasSpoken(), new Result(guest));
      if (dialing.contains(guest)) {
        guest.dial = dial;
      }
    } catch (LinuxException e) {
      failed(guest, e.errno());
    }
  }

  private final class Result implements Dial.Outcome {
    private final Guest guest;

    private Result(Guest guest) {
      this.guest = guest;
    }

    @Override
    public void connected(int fd, int events) {
      dialing.remove(guest);
      guest.dial = null;
      depart(guest);
      guest.group.open.incrementAndGet();
      Relay.Observer observer = guest.observer();
      Set<Connection> tracked = ours;
      if (tracked != null) {
        relay.join(
            guest.fd,
            guest.seen,
            fd,
            events,
            () -> {
              observer.ended();
              tracked.remove(new Connection(guest.client, guest.local.getPort()));
            });
      } else {
        relay.join(guest.fd, guest.seen, fd, events, observer);
      }
      pump();
    }

    @Override
    public void failed(int errno) {
      WaitingRoom.this.failed(guest, errno);
    }
  }

  private void failed(Guest guest, int errno) {
    dialing.remove(guest);
    guest.dial = null;
    String reason = new LinuxException("", "", errno).reason();
    long now = System.nanoTime();
    if (guest.failedNanos == 0) {
      guest.failedNanos = now;
    }
    long pause = guest.pauseAfter(errno, now - guest.failedNanos);
    if (pause >= 0) {
      guest.group.error("retried: " + reason);
      relay.loop().after(pause, () -> retry(guest));
    } else {
      guest.group.error("given up: " + reason);
      dismiss(guest);
    }
    pump();
  }

  private void retry(Guest guest) {
    if (!guest.gone) {
      early.addFirst(guest);
      pump();
    }
  }
}
