package dev.godwit.forward.relay;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.linux.Epoll;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection that no service has seen yet: nothing was read from it, nothing sent for
 * it. Loop thread only.
 */
public class Guest implements EventLoop.Handler {
  /** A service that has just been started may need a moment. */
  static final long RETRY_NANOS_MAX = 2_000_000_000L;

  /** A landing that has died is started again; on a busy host that takes seconds. */
  static final long RETRY_LANDING_NANOS_MAX = 10_000_000_000L;

  static final long RETRY_PAUSE_NANOS = 50_000_000;

  final int fd;
  public final InetSocketAddress client;
  public final InetSocketAddress local;
  public final Count group;
  final long arrivedNanos;

  /** When the first attempt for it failed; 0 while none did. */
  long failedNanos;

  /** Whether it goes to a landing, and not to the service itself. */
  boolean toLanding;

  /** Its own way, whatever the room's is; null: with the others. */
  WaitingRoom.@Nullable Route own;

  @Nullable Attempt attempt;

  /** Of where the attempt goes that is under way, when that was begun, and whether it counts. */
  @Nullable Reach reach;

  long begunNanos;
  boolean counts;
  boolean gone;

  /** What its descriptor has had, for {@link SocketSide}; it has its first within a turn. */
  public int seen;

  final WaitingRoom room;

  protected Guest(
      WaitingRoom room,
      int fd,
      InetSocketAddress client,
      InetSocketAddress local,
      Count group,
      long arrivedNanos) {
    this.room = room;
    this.fd = fd;
    this.client = client;
    this.local = local;
    this.group = group;
    this.arrivedNanos = arrivedNanos;
  }

  /** Goes a way of its own at once, whether the room is shut or not. Before it is admitted. */
  public Guest goes(WaitingRoom.Route way) {
    own = way;
    return this;
  }

  /** Where its client is; null for one of a unix socket. */
  protected @Nullable InetAddress address() {
    return client.getAddress();
  }

  /** What is told of its connection once it is joined to a service. Asked for once. */
  protected Relay.Observer observer() {
    return group.open::decrementAndGet;
  }

  /**
   * Whether another attempt is made after one that failed, and when.
   *
   * @param sinceFirstNanos since the first attempt for it failed
   * @return nanoseconds to wait, or -1 for no other attempt
   */
  protected long pauseAfter(int errno, long sinceFirstNanos) {
    return sinceFirstNanos < triedNanosMax() ? RETRY_PAUSE_NANOS : -1;
  }

  /** For how long attempts are made for it after the first one that failed. */
  final long triedNanosMax() {
    return toLanding ? RETRY_LANDING_NANOS_MAX : RETRY_NANOS_MAX;
  }

  /**
   * What an attempt is to reach, as all know it who go there: one that fails says something about
   * theirs. Behind a landing are many services.
   */
  protected Object goal(Attempt.Call call) {
    return new Goal(call.destination(), local, group);
  }

  private record Goal(Object destination, InetSocketAddress local, Count group) {}

  /** Whether it is sure that the client has sent something. */
  boolean hasSpoken() {
    return seen != Relay.ANY_EVENTS && (seen & Epoll.IN) != 0;
  }

  /** An attempt for it is being made by this descriptor, which has its own end. */
  protected void begun(int fd) {}

  /** It leaves without having reached a service. */
  protected void dismissed() {}

  @Override
  public void ready(int events) {
    boolean first = seen == 0;
    seen |= events;
    // FIN alone is no reason: a client may end its side and wait for the answer.
    if ((events & (Epoll.ERR | Epoll.HUP)) != 0) {
      room.left(this);
    } else if (first) {
      room.announced();
    }
  }
}
