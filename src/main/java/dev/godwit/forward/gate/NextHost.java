package dev.godwit.forward.gate;

import dev.godwit.forward.relay.Preamble;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A way back that comes after the end of what was started on the next host (H56): first that host
 * says that its services have stopped, or its lease on them is over and they had the time to stop,
 * or it has said for as long that it cannot stop them; then those of this host are started. While
 * nothing can have been started there nobody waits.
 *
 * <p>Threads: safe.
 */
public final class NextHost implements WayBack {
  /**
   * From the end of a lease until what had it is gone: a stop that ends by force after 5 s, a
   * landing's process that has to be started again first, and two clocks that do not run alike.
   */
  public static final Duration GONE = Duration.ofSeconds(8);

  /** For one attempt: whoever else proves it is heard between two. */
  private static final Duration SAY_LIMIT = Duration.ofSeconds(2);

  private static final long PAUSE_MILLIS = 200;

  /**
   * Who is to serve after a hold.
   *
   * @param lease for how long its services may run without a release, from before the hold on
   */
  public record Lease(Destination landing, Duration lease) {
    /** For {@link #read}, the landing's token included. */
    public void write(MessageWriter out) {
      landing.write(out);
      out.u64(lease.toMillis());
    }

    /** What {@link #write} has written, maybe at a peer. */
    public static Lease read(MessageReader in) throws WireException {
      Destination landing = Destination.read(in);
      long millis = in.u64();
      if (millis < 0 || millis > 2 * Gate.HOLD_MAX.toMillis()) {
        throw new WireException("malformed message: a lease of " + millis + " ms");
      }
      return new Lease(landing, Duration.ofMillis(millis));
    }
  }

  private final WayBack services;
  private @Nullable Lease lease;
  private long epoch;
  private boolean mayRun;

  /** When it has come to its end without a word, of the monotonic clock. */
  private long gone;

  /** Whether that host has said that it could not stop them. */
  private boolean isStuck;

  public NextHost(WayBack services) {
    this.services = services;
  }

  /** A hold is about to begin. */
  public synchronized void holds(long ofEpoch, @Nullable Lease ofNext) {
    epoch = ofEpoch;
    lease = ofNext;
    mayRun = false;
    isStuck = false;
    gone = ofNext == null ? 0 : System.nanoTime() + ofNext.lease().plus(GONE).toNanos();
  }

  /** A gate before this one held, and what it had let begin is not known. */
  public synchronized void mayHaveStarted(long ofEpoch, @Nullable Lease ofNext) {
    holds(ofEpoch, ofNext);
    mayRun = ofNext != null;
  }

  /** Whoever says so has seen them stop. */
  public synchronized void hasStopped() {
    mayRun = false;
    notifyAll();
  }

  @Override
  public synchronized void nextStarts() {
    mayRun = lease != null;
  }

  @Override
  public void startServices() throws IOException, InterruptedException {
    awaitGone();
    services.startServices();
  }

  @Override
  public Set<Long> own(Set<Long> sockets) throws IOException {
    return services.own(sockets);
  }

  @Override
  public Duration patience() {
    return services.patience();
  }

  @Override
  public boolean mayServe() throws IOException, InterruptedException {
    synchronized (this) {
      if (mayRun) {
        return false;
      }
    }
    return services.mayServe();
  }

  private void awaitGone() throws InterruptedException {
    while (true) {
      Lease of;
      long left;
      synchronized (this) {
        of = lease;
        left = gone - System.nanoTime();
        if (!mayRun || of == null) {
          return;
        }
        if (left <= 0) {
          mayRun = false;
          return;
        }
      }
      Duration limit = Duration.ofNanos(Math.min(left, SAY_LIMIT.toNanos()));
      try {
        LandingWord.say(of.landing(), Preamble.Kind.WITHDRAWN, epochOfHold(), limit);
        hasStopped();
      } catch (IOException e) {
        System.getLogger(NextHost.class.getName())
            .log(System.Logger.Level.WARNING, "the next host does not say that it has stopped", e);
        synchronized (this) {
          if (e instanceof LandingWord.NotObeyedException && !isStuck) {
            // The end of a lease would stop them no better, and the clients wait.
            isStuck = true;
            long soon = System.nanoTime() + GONE.toNanos();
            gone = soon - gone < 0 ? soon : gone;
          }
          if (mayRun) {
            TimeUnit.MILLISECONDS.timedWait(this, PAUSE_MILLIS);
          }
        }
      }
    }
  }

  private synchronized long epochOfHold() {
    return epoch;
  }
}
