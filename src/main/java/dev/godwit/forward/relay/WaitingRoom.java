package dev.godwit.forward.relay;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where connections wait, in order of arrival, until there is a service for them.
 *
 * <p>Invariants: no client is closed by us while the room is shut, except beyond the limit; a guest
 * leaves in order of arrival, as many at a time as the service has shown that it bears, at most
 * {@link #IN_FLIGHT_MAX} (H55), but for those with a way of their own; where nobody answers all go,
 * and are closed about as soon as one who came alone (H50); no byte of a guest is read before its
 * service is connected (H52). Loop thread only, but for {@link #waiting} and {@link #holds}.
 */
public final class WaitingRoom {
  /** Where guests go. */
  public interface Route {
    Attempt.Call call(Guest guest) throws LinuxException;
  }

  /** Is told at every change how many there are. Loop thread. */
  public interface Tally {
    void set(int waiting, int relayed);
  }

  private static final int IN_FLIGHT_MAX = 64;

  /** So many attempts at a time a release begins with, and goes on with while they fail. */
  static final int IN_FLIGHT_FIRST = 8;

  /** So many attempts are begun before others of the loop have their turn. */
  private static final int BATCH = 64;

  private record Connection(InetSocketAddress client, int port) {}

  private final Relay relay;
  private final int guestsMax;

  /** Who gives up is taken out of the middle: a hold is long, and there may be any number (H51). */
  private final LinkedHashSet<Guest> early = new LinkedHashSet<>();

  private final LinkedHashSet<Guest> waiting = new LinkedHashSet<>();

  /** Those with a way of their own, who go although the room is shut. */
  private final LinkedHashSet<Guest> own = new LinkedHashSet<>();

  /** In the order in which they went. */
  private final LinkedHashSet<Guest> dialing = new LinkedHashSet<>();

  /** Those for whom another attempt is made in a moment. */
  private final Set<Guest> pausing = new HashSet<>();

  /** Of destinations to which attempts are under way, or have failed of late. */
  private final Map<Object, Reach> reaches = new HashMap<>();

  private final @Nullable Set<Connection> ours;
  private final @Nullable Tally tally;
  private @Nullable Route route;
  private boolean pumping;
  private boolean pumpingAgain;
  private boolean ramping;

  /** Attempts at a time while those who have waited go: grows by successes alone (H55). */
  private int rampInFlightMax;

  /** Between two attempts for those who have waited; 0 for none. */
  private long paceNanos;

  /** When the next one may be made. */
  private long nextNanos;

  private EventLoop.@Nullable Timer pace;
  private volatile int guests;

  /** Those for whom {@link #expect} keeps a place. */
  private int expected;

  private int admittedSinceShut;
  private long longestWaitNanos;

  /**
   * A gate's, which can tell its own connections from those of the services ({@link #holds}).
   *
   * @param tally told of every change; null for none
   */
  public WaitingRoom(Relay relay, int guestsMax, @Nullable Tally tally) {
    this(relay, guestsMax, ConcurrentHashMap.newKeySet(), tally);
  }

  private WaitingRoom(
      Relay relay, int guestsMax, @Nullable Set<Connection> ours, @Nullable Tally tally) {
    this.tally = tally;
    this.relay = relay;
    this.guestsMax = guestsMax;
    this.ours = ours;
  }

  /** One that is never asked {@link #holds}. */
  public static WaitingRoom untracked(Relay relay) {
    return new WaitingRoom(relay, Integer.MAX_VALUE, null, null);
  }

  /**
   * Takes a connection in.
   *
   * @param before it stood in the service's own queue: older than all that came to us
   */
  public void admit(
      int fd, InetSocketAddress client, InetSocketAddress local, Count group, boolean before) {
    admit(
        fd,
        client.getAddress(),
        group,
        before,
        () -> new Guest(this, fd, client, local, group, System.nanoTime()));
  }

  /** The same of one who goes its own way at once, whether the room is shut or not. */
  public void admit(
      int fd, InetSocketAddress client, InetSocketAddress local, Count group, Route own) {
    admit(
        fd,
        client.getAddress(),
        group,
        false,
        () -> new Guest(this, fd, client, local, group, System.nanoTime()).goes(own));
  }

  /**
   * Takes a connection in, as a guest of another kind.
   *
   * @param client null for one without an address
   * @param before as above
   */
  public void admit(
      int fd,
      @Nullable InetAddress client,
      Count group,
      boolean before,
      Supplier<? extends Guest> made) {
    group.come();
    String refusal = refusal();
    if (refusal == null) {
      refusal = group.refusal(client); // counts who is let in
    }
    if (refusal != null) {
      refuse(fd, group, refusal);
      return;
    }
    Guest guest = made.get();
    try {
      relay.loop().add(fd, EventLoop.interest(), guest);
    } catch (LinuxException e) {
      group.gone(client);
      group.error(e.reason());
      Sockets.closeWithReset(fd);
      return;
    }
    admit(guest, before);
  }

  private @Nullable String refusal() {
    return guests + expected + relay.open() >= guestsMax
        ? "the limit of all connections, " + guestsMax
        : relay.refusal();
  }

  private static void refuse(int fd, Count group, String refusal) {
    group.refused.increment();
    group.error("refused: " + refusal);
    Sockets.closeWithReset(fd);
  }

  /**
   * Keeps a place for one of whom something has to be found out before it is admitted.
   *
   * @return whether there is one, until {@link #isHere}; who has none is refused and counted
   */
  public boolean expect(int fd, Count group) {
    String refusal = refusal();
    if (refusal == null) {
      expected++;
      return true;
    }
    group.come();
    refuse(fd, group, refusal);
    return false;
  }

  /** One that was expected is admitted now, or will not be. */
  public void isHere() {
    expected--;
  }

  /** Takes a guest in whose descriptor is registered with it, and whom its owner has counted. */
  public void admit(Guest guest, boolean before) {
    guests++;
    admittedSinceShut += guest.own == null ? 1 : 0;
    guest.group.held.incrementAndGet();
    note();
    if (ours != null) {
      ours.add(new Connection(guest.client, guest.local.getPort()));
    }
    (guest.own != null ? own : before ? early : waiting).add(guest);
    pump();
  }

  private void note() {
    if (tally != null) {
      tally.set(guests, relay.open());
    }
  }

  /** Guests now, with those for whom an attempt is under way. Any thread. */
  public int waiting() {
    return guests;
  }

  /** How many are kept, of those who wait for their turn. Loop thread. */
  int kept() {
    return early.size() + waiting.size() + own.size();
  }

  /** Those who wait and those who are joined, together. */
  public int guestsMax() {
    return guestsMax;
  }

  /** Whether a connection to one of our ports is this room's or its relay's. Any thread. */
  public boolean holds(InetSocketAddress client, int port) {
    return ours != null && ours.contains(new Connection(client, port));
  }

  /**
   * How long the oldest guest of a group has been there, or 0: of those who wait, and of those of a
   * gate that are joined.
   */
  public long oldestNanos(Count group) {
    long oldest = 0;
    long now = System.nanoTime();
    for (Collection<Guest> guests : List.of(early, waiting, own, dialing, pausing)) {
      for (Guest g : guests) {
        if (g.group == group) {
          oldest = Math.max(oldest, now - g.arrivedNanos);
        }
      }
    }
    for (RelayedConnection c : relay.connections()) {
      if (c.observer() instanceof Tracked joined && joined.guest.group == group) {
        oldest = Math.max(oldest, now - joined.guest.arrivedNanos);
      }
    }
    return oldest;
  }

  /** Who waited then included. */
  public int admittedSinceShut() {
    return admittedSinceShut;
  }

  /** Since it was shut: of those who have left, and of the oldest who waits. */
  public long longestWaitNanos() {
    long oldest = longestWaitNanos;
    return waiting.isEmpty()
        ? oldest
        : Math.max(oldest, System.nanoTime() - waiting.getFirst().arrivedNanos);
  }

  /** From now on guests wait. Attempts under way are taken back: nothing was sent for them. */
  public void shut() {
    if (route != null) {
      route = null;
      admittedSinceShut = guests;
      longestWaitNanos = 0;
      for (Guest g : new ArrayList<>(dialing).reversed()) {
        if (g.own == null) {
          takeBack(g);
          early.addFirst(g);
        }
      }
    }
  }

  /** From now on guests go, oldest first. */
  public void open(Route to) {
    open(to, 0);
  }

  /**
   * As {@link #open(Route)}.
   *
   * @param paceNanos from one attempt to the next, until nobody waits any more (H55); those who
   *     come meanwhile stand behind those who were there
   */
  public void open(Route to, long paceNanos) {
    route = to;
    ramping = true;
    rampInFlightMax = IN_FLIGHT_FIRST;
    this.paceNanos = paceNanos;
    nextNanos = System.nanoTime();
    // What failed before, maybe elsewhere, says nothing about the time that they have from now on.
    reaches.values().forEach(Reach::forget);
    reaches.values().removeIf(Reach::isIdle);
    endOwn();
    for (Collection<Guest> some : List.of(early, waiting, dialing, pausing)) {
      some.forEach(g -> g.failedNanos = 0);
    }
    pump();
  }

  /** From now on who goes a way of its own, and has reached nobody yet, waits with the others. */
  public void endOwn() {
    for (Collection<Guest> some : List.of(own, dialing, pausing)) {
      some.forEach(g -> g.own = null);
    }
    early.addAll(own);
    own.clear();
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
  public void clear() {
    route = null;
    reset(guest -> true);
  }

  /** Resets some of those who wait, for a reason that is counted. */
  public void clear(Predicate<Guest> whom, String cause) {
    for (Guest g : reset(whom)) {
      g.group.error(cause);
    }
    pump();
  }

  private List<Guest> reset(Predicate<Guest> whom) {
    List<Guest> reset = new ArrayList<>();
    for (Collection<Guest> some : List.of(dialing, pausing, early, waiting, own)) {
      some.stream().filter(whom).forEach(reset::add);
    }
    for (Guest g : reset) {
      takeBack(g);
      dismiss(g);
    }
    return reset;
  }

  private void takeBack(Guest guest) {
    pausing.remove(guest);
    Attempt attempt = guest.attempt;
    endAttempt(guest);
    if (attempt != null) {
      attempt.cancel();
    }
  }

  private void endAttempt(Guest guest) {
    dialing.remove(guest);
    guest.attempt = null;
    Reach reach = guest.reach;
    guest.reach = null;
    if (reach != null) {
      reach.over(guest.counts);
      if (reach.isIdle()) {
        reaches.remove(reach.goal);
      }
    }
  }

  private void dismiss(Guest guest) {
    boolean unused = early.remove(guest) || waiting.remove(guest) || own.remove(guest);
    depart(guest);
    guest.dismissed();
    guest.group.gone(guest.address());
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
    note();
    if (guest.own == null) {
      longestWaitNanos = Math.max(longestWaitNanos, System.nanoTime() - guest.arrivedNanos);
    }
  }

  private void pump() {
    if (pumping) {
      return; // an attempt that fails at once must not recurse
    }
    pumping = true;
    try {
      dialOwn();
      int begun = 0;
      while (route != null && hasRoom() && isDue()) {
        LinkedHashSet<Guest> queue = early.isEmpty() ? waiting : early;
        if (queue.isEmpty()) {
          ramping = !pausing.isEmpty(); // they have waited too, and must not come all at once
          return;
        }
        Guest next = queue.getFirst();
        if (next.seen == 0) {
          return; // whether it has spoken is known within this turn
        }
        if (begun == BATCH) {
          pumpAgain();
          return;
        }
        queue.removeFirst();
        begun++;
        dial(next, route);
      }
    } finally {
      pumping = false;
    }
  }

  private void dialOwn() {
    for (Guest guest : List.copyOf(own)) {
      Route way = guest.own;
      if (way != null && guest.seen != 0) {
        own.remove(guest);
        dial(guest, way);
      }
    }
  }

  private void pumpAgain() {
    if (!pumpingAgain) {
      pumpingAgain = true;
      relay
          .loop()
          .again(
              () -> {
                pumpingAgain = false;
                pump();
              });
    }
  }

  /** Whether one more attempt may be under way; those at which nobody answers do not count. */
  private boolean hasRoom() {
    int max = inFlightMax();
    if (dialing.size() < max) {
      return true;
    }
    int counted = 0;
    for (Reach reach : reaches.values()) {
      counted += reach.counted();
    }
    return counted < max;
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
   * Those who have waited go a few at a time. After them, a gate keeps to its limit; elsewhere one
   * destination that says nothing must not keep the others waiting.
   */
  private int inFlightMax() {
    if (ramping) {
      return rampInFlightMax;
    }
    return ours != null ? IN_FLIGHT_MAX : Integer.MAX_VALUE;
  }

  private void dial(Guest guest, Route to) {
    dialing.add(guest);
    try {
      Attempt.Call call = to.call(guest);
      guest.toLanding = ours != null && call.landing(); // a gate's: its landing is started again
      beginAttempt(guest, call);
      Attempt attempt = call.begin(relay.loop(), guest.hasSpoken(), new Result(guest));
      if (dialing.contains(guest)) {
        guest.attempt = attempt;
      }
    } catch (LinuxException e) {
      failed(guest, e.errno());
    }
  }

  /**
   * Who has waited for as long as one is tried, while nobody was reached where it goes, has one
   * attempt, with all others of whom that is so.
   */
  private void beginAttempt(Guest guest, Attempt.Call call) {
    Reach reach = reaches.computeIfAbsent(guest.goal(call), Reach::new);
    long now = System.nanoTime();
    long failed = reach.failedFor(guest.arrivedNanos, now);
    boolean last = guest.failedNanos == 0 && failed >= guest.triedNanosMax();
    if (last) {
      guest.failedNanos = now - failed;
    }
    guest.begunNanos = now;
    guest.counts = !last;
    guest.reach = reach;
    reach.begun(guest.counts);
    if (ramping && guest.counts && !reach.isSilent()) {
      nextNanos += paceNanos;
    }
  }

  private final class Result implements Attempt.Outcome {
    private final Guest guest;

    private Result(Guest guest) {
      this.guest = guest;
    }

    @Override
    public void begun(int fd) {
      guest.begun(fd);
    }

    @Override
    public void connected(Side service) {
      rampInFlightMax = Math.min(rampInFlightMax + 1, IN_FLIGHT_MAX);
      Reach reach = guest.reach;
      if (reach != null) {
        reach.succeeded();
      }
      endAttempt(guest);
      depart(guest);
      guest.group.open.incrementAndGet();
      Relay.Observer observer = guest.observer();
      Set<Connection> tracked = ours;
      relay.join(
          new SocketSide(relay.loop(), guest.fd, guest.seen),
          service,
          tracked == null ? observer : new Tracked(guest, observer, tracked));
      note();
      pump();
    }

    @Override
    public void failed(int errno) {
      WaitingRoom.this.failed(guest, errno);
    }
  }

  /** Of a gate's connection that is joined. */
  private final class Tracked implements Relay.Observer {
    private final Guest guest;
    private final Relay.Observer observer;
    private final Set<Connection> tracked;

    Tracked(Guest guest, Relay.Observer observer, Set<Connection> tracked) {
      this.guest = guest;
      this.observer = observer;
      this.tracked = tracked;
    }

    @Override
    public void ended() {
      observer.ended();
      guest.group.gone(guest.address());
      tracked.remove(new Connection(guest.client, guest.local.getPort()));
      note();
    }

    @Override
    public void moved(long bytes) {
      guest.group.bytes.add(bytes);
    }

    @Override
    public void failed(String cause) {
      guest.group.error(cause);
    }
  }

  /** Resets those of a group, whether they wait or are joined, for a reason that is counted. */
  public void end(Count group, String cause) {
    clear(guest -> guest.group == group, cause);
    relay.end(o -> o instanceof Tracked joined && joined.guest.group == group, cause);
  }

  private void failed(Guest guest, int errno) {
    long now = System.nanoTime();
    Reach reach = guest.reach;
    if (reach == null || guest.counts && !reach.isSilent()) {
      rampInFlightMax = Math.max(rampInFlightMax / 2, IN_FLIGHT_FIRST);
    }
    long failed = 0; // as long as for any other who has waited with it
    if (reach != null) {
      reach.failed(guest.begunNanos, now, errno);
      failed = reach.failedFor(guest.arrivedNanos, now);
    }
    endAttempt(guest);
    String reason = Errno.message(errno);
    if (guest.failedNanos == 0) {
      guest.failedNanos = now - failed;
    }
    long pause = guest.pauseAfter(errno, now - guest.failedNanos);
    if (pause >= 0) {
      guest.group.error("retried: " + reason);
      pausing.add(guest);
      relay.loop().after(pause, () -> retry(guest));
    } else {
      guest.group.error("given up: " + reason);
      dismiss(guest);
    }
    pump();
  }

  private void retry(Guest guest) {
    if (pausing.remove(guest)) {
      if (guest.own != null) {
        own.add(guest);
      } else {
        early.addFirst(guest);
      }
      pump();
    }
  }
}
