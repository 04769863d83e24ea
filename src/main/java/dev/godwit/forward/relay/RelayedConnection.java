package dev.godwit.forward.relay;

import dev.godwit.linux.Errno;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A client and a service, joined: bytes both ways, each end's FIN and RST passed on as what it was
 * (H53). Both sides belong to it. Loop thread only.
 */
public final class RelayedConnection {
  private final Relay relay;
  private final Side client;
  private final Side backend;
  private final Flow up;
  private final Flow down;
  private final Relay.Observer observer;
  private boolean closed;
  private boolean settled;
  private boolean finishQueued;
  private boolean upFinSent;
  private boolean downFinSent;
  private long bytesAtSweep;
  private int idleSweeps;
  private final long startedNanos;
  private long movedNanos;
  private long bytesAtLook;

  RelayedConnection(Relay relay, Side client, Side backend, Relay.Observer observer) {
    this.relay = relay;
    this.client = client;
    this.backend = backend;
    this.observer = observer;
    startedNanos = System.nanoTime();
    movedNanos = startedNanos;
    up = new Flow(relay, this, client, backend, observer.forbidsProxyHeader());
    down = new Flow(relay, this, backend, client, false);
  }

  /**
   * Takes the events of both sides, and starts.
   *
   * @param answer what the client is told before all that the service says; may be empty
   */
  void start(byte[] answer) {
    client.joined(this);
    backend.joined(this);
    if (answer.length > 0) {
      down.keep(MemorySegment.ofArray(answer));
    }
    down.run(); // first: what a service said before it reset is still there
    up.run();
  }

  boolean isClosed() {
    return closed;
  }

  void ready(Side side, boolean error) {
    Flow out = side == client ? up : down;
    Flow in = side == client ? down : up;
    if (side.writable && !closed) {
      in.run();
    }
    if (side.readable && !closed) {
      out.run();
    }
    // What could still be read was passed on above; behind bytes that the other side does not take,
    // the reset itself is what matters.
    if (error && !closed && (out.isBlocked() || out.isFinished())) {
      reset(side, side.pendingError());
    }
  }

  /** Called by a flow whose last byte is passed on. */
  void flowFinished() {
    if (!finishQueued) {
      finishQueued = true;
      // Deferred: when both ends finish in one batch, two closes do and no shutdown is needed.
      relay.loop().afterBatch(this::finish);
    }
  }

  private void finish() {
    finishQueued = false;
    if (closed) {
      return;
    }
    if (up.isFinished() && down.isFinished()) {
      close(false);
      return;
    }
    if (up.isFinished() && !upFinSent) {
      upFinSent = true;
      backend.finish();
    }
    if (down.isFinished() && !downFinSent) {
      downFinSent = true;
      client.finish();
    }
  }

  /** One side failed: the other one sees a reset, as it would have without a relay. */
  void reset(Side side, int errno) {
    if (!closed) {
      end((side == client ? "client: " : "service: ") + Errno.message(errno));
    }
  }

  /** Ends both sides with a reset, for a reason that is counted. */
  void end(String cause) {
    if (!closed) {
      relay.countError(cause);
      observer.failed(cause);
      close(true);
    }
  }

  void moved(long bytes) {
    relay.countBytes(bytes);
    observer.moved(bytes);
  }

  /** Who is told of it. */
  public Relay.Observer observer() {
    return observer;
  }

  /** When it was joined, by {@link System#nanoTime}. */
  public long startedNanos() {
    return startedNanos;
  }

  /** Gives the service's side, which we have opened, the options that only one that stays needs. */
  void settle() {
    if (!settled) {
      settled = true;
      backend.settle();
    }
  }

  /** Whether nothing has moved for longer than its limit, as far as looks like this one tell. */
  boolean isIdle(long now) {
    long limit = observer.idleNanosMax();
    long bytes = up.bytes() + down.bytes();
    if (limit == 0 || bytes != bytesAtLook) {
      bytesAtLook = bytes;
      movedNanos = now;
      return false;
    }
    return now - movedNanos >= limit;
  }

  /** Ends both sides with a reset, for a relay that ends. */
  void abort() {
    if (!closed) {
      close(true);
    }
  }

  private void close(boolean withReset) {
    closed = true;
    up.release();
    down.release();
    client.close(withReset);
    backend.close(withReset);
    relay.ended(this);
    observer.ended();
  }

  /**
   * Looks whether nothing has moved for too many sweeps where something should.
   *
   * @param halfClosedMax while one direction has ended
   * @param blockedMax while a reader takes nothing of what is here for it
   * @return why it is to end; null when it is not
   */
  @Nullable String forgotten(int halfClosedMax, int blockedMax) {
    long bytes = up.bytes() + down.bytes();
    boolean halfClosed = up.isFinished() || down.isFinished();
    boolean blocked = up.isBlocked() || down.isBlocked();
    idleSweeps = (halfClosed || blocked) && bytes == bytesAtSweep ? idleSweeps + 1 : 0;
    bytesAtSweep = bytes;
    if (blocked && idleSweeps >= blockedMax) {
      return "its reader took nothing for a quarter of an hour";
    }
    return halfClosed && idleSweeps >= halfClosedMax ? "half-closed and idle for an hour" : null;
  }
}
