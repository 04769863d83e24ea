package dev.godwit.forward.server;

import dev.godwit.forward.relay.Attempt;
import dev.godwit.forward.relay.Guest;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.linux.LinuxException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection of {@code godwit forward}, from its arrival to its end: tries the destinations of
 * its group in order, and is told of what happens once it is joined. Loop thread only.
 */
final class ForwardGuest extends Guest implements Relay.Observer {
  private final ForwardGroup owner;
  private final Arrival arrival;
  private final Destinations destinations;
  private final long idleNanosMax;
  private List<Destinations.Choice> round = List.of();
  private int next;

  /** Whom the destination is to see; null: this process. */
  private final @Nullable InetSocketAddress client;

  private Destinations.@Nullable Choice current;

  /** The connection to a destination of this host; null for any other. */
  private OwnConnections.@Nullable Way own;

  /** Among which {@link #round} was chosen; null before the first attempt. */
  private @Nullable Destinations chosen;

  ForwardGuest(ForwardGroup owner, WaitingRoom room, Arrival arrival, Destinations destinations) {
    super(room, arrival.fd(), arrival.seen(), arrival.seen(), owner.count(), System.nanoTime());
    this.owner = owner;
    this.arrival = arrival;
    this.destinations = destinations;
    client = owner.shownClient(arrival);
    destinations.enter();
    Duration idle = owner.rule().idleLimit();
    idleNanosMax = idle == null ? 0 : idle.toNanos();
  }

  /** How the next attempt is made. */
  Attempt.Call call(@Nullable Destinations instead) throws LinuxException {
    Destinations to = instead == null ? destinations : instead;
    if (next >= round.size() || to != chosen) {
      to.enter();
      leaveChosen();
      chosen = to;
      round = to.round(arrival.index(), arrival.port());
      if (client != null) {
        round = sameFamilyFirst(round, client);
      }
      next = 0;
    }
    Destinations.Choice choice = round.get(next++);
    current = choice;
    return choice.call(
        owner.hello(arrival), owner.rule().connectLimit(), owner.actingAs(arrival), client);
  }

  private void leaveChosen() {
    Destinations was = chosen;
    chosen = null;
    if (was != null) {
      was.leave();
    }
  }

  private void over() {
    leaveChosen();
    endOwn();
    destinations.leave();
    owner.noLongerShown(client);
    owner.ended(arrival);
  }

  /** A service can see a client only at an address of the client's family. */
  private List<Destinations.Choice> sameFamilyFirst(
      List<Destinations.Choice> all, InetSocketAddress client) {
    return all.stream()
        .sorted(Comparator.comparing(c -> !c.isOfFamily(client.getAddress())))
        .toList();
  }

  @Override
  protected long pauseAfter(int errno, long sinceFirstNanos) {
    Destinations.Choice tried = current;
    if (tried != null && !owner.verdicts().failed(tried, errno)) {
      next--; // the same one again
      return super.pauseAfter(errno, sinceFirstNanos);
    }
    // What is left of the round may be another host: no reason to wait.
    return next < round.size() ? 0 : super.pauseAfter(errno, sinceFirstNanos);
  }

  @Override
  protected Object goal(Attempt.Call call) {
    Destinations.Choice tried = current;
    return tried == null ? super.goal(call) : tried;
  }

  @Override
  protected void begun(int fd) {
    endOwn();
    Destinations.Choice tried = current;
    if (tried != null && tried.isHere() && tried.address() instanceof InetSocketAddress to) {
      own = owner.passedOn(owner.way(arrival.peer(), arrival.fd()), fd, to);
    }
  }

  private void endOwn() {
    OwnConnections.Way was = own;
    own = null;
    if (was != null) {
      owner.ownConnections().end(was);
    }
  }

  @Override
  protected void dismissed() {
    over();
  }

  @Override
  protected Relay.Observer observer() {
    Destinations.Choice reached = current;
    if (reached != null) {
      reached.worked();
      owner.verdicts().reached(reached);
      reached.place().open.incrementAndGet();
      reached.place().total.increment();
    }
    return this;
  }

  @Override
  public void ended() {
    group.open.decrementAndGet();
    Destinations.Choice reached = current;
    if (reached != null) {
      reached.place().open.decrementAndGet();
    }
    over();
  }

  @Override
  public void moved(long bytes) {
    owner.bytes().add(bytes);
  }

  @Override
  public void failed(String cause) {
    group.error(cause);
  }

  @Override
  public long idleNanosMax() {
    return idleNanosMax;
  }

  @Override
  public boolean forbidsProxyHeader() {
    return arrival.announced() == null && !owner.rule().acceptProxy().isEmpty();
  }

  boolean isOf(ForwardGroup one) {
    return owner == one;
  }
}
