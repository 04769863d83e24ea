package dev.godwit.forward.landing;

import dev.godwit.host.FencedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * For how long services may run here that were started before this host serves (H56). Kept by the
 * landing's process, which needs neither a controller nor a connection for it.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>It is granted before the other host's gate holds, for as long as the hold and {@link #WORD}
 *       on top. So a release is always within it, and it has ended {@link #WORD} after the hold.
 *   <li>It ends in one of three ways: the gate says that it has released, and the services stay;
 *       the gate says that it has not, or the time is over, and they are stopped here, before the
 *       other host's are started again ({@link dev.godwit.forward.gate.NextHost}).
 *   <li>A release starts again what does not run when it becomes known, after the time was over or
 *       the host has been rebooted: the gate alone decides.
 * </ul>
 *
 * <p>Threads: safe.
 */
public final class StartLease implements GateWord {
  /** What a release at the very end of a hold may take to become known here. */
  public static final Duration WORD = Duration.ofSeconds(2);

  /** Between two looks at the time: the host may have slept since. */
  private static final long LOOK_MILLIS = 250;

  private static final long AGAIN_MILLIS = 1000;

  private static final System.Logger LOG = System.getLogger(StartLease.class.getName());

  private final Path directory;
  private final LeasedServices.Factory factory;

  /** Held while services are stopped or started: who comes meanwhile finds them so. */
  private final ReentrantLock turn = new ReentrantLock();

  /** Of who has the turn; null when what runs here may stay. */
  private @Nullable LeaseRecord record;

  private StartLease(Path directory, LeasedServices.Factory factory) {
    this.directory = directory;
    this.factory = factory;
  }

  /** The lease of this directory's move, with one that a landing's process before this one had. */
  public static StartLease in(Path directory, LeasedServices.Factory factory) throws IOException {
    StartLease lease = new StartLease(directory, factory);
    LeaseRecord kept = LeaseRecord.read(directory).orElse(null);
    lease.record = kept;
    if (kept != null && !kept.ended()) {
      lease.keep(kept);
    }
    return lease;
  }

  /** That a landing which is gone for good had one. */
  public static void forget(Path directory) throws IOException {
    LeaseRecord.delete(directory);
  }

  /** Grants one, in the place of any before. Returns when it is on disk. */
  public void grant(long epoch, Duration limit, byte[] services)
      throws IOException, InterruptedException {
    LeasedServices unused = factory.create(services); // what cannot be stopped gets none
    LeaseRecord granted = LeaseRecord.from(epoch, limit, services);
    turn.lockInterruptibly();
    try {
      granted.write(directory);
      record = granted;
    } finally {
      turn.unlock();
    }
    keep(granted);
  }

  /** Whatever runs here may stay, or has been stopped by whoever says so. */
  public void settle() throws IOException, InterruptedException {
    turn.lockInterruptibly();
    try {
      drop();
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void released(long epoch) throws IOException, InterruptedException {
    turn.lockInterruptibly();
    try {
      LeaseRecord current = record;
      if (current == null || current.epoch() > epoch) {
        return;
      }
      if (current.ended()) {
        serve(current, current.epoch() + 1); // that was over by their stop
      } else {
        stay(current);
      }
      drop();
    } finally {
      turn.unlock();
    }
  }

  private void stay(LeaseRecord current) throws InterruptedException {
    try {
      serve(current, current.epoch());
    } catch (IOException e) {
      LOG.log( // they run all the same, unless there was a reboot, and the controller says it too
          System.Logger.Level.WARNING, "not all that serves here runs and starts at boot", e);
    }
  }

  private void serve(LeaseRecord current, long epoch) throws IOException, InterruptedException {
    try {
      factory.create(current.services()).serve(epoch);
    } catch (FencedException e) {
      return; // a later controller has decided about them
    }
  }

  @Override
  public void withdrawn(long epoch) throws IOException, InterruptedException {
    turn.lockInterruptibly();
    try {
      LeaseRecord current = record;
      if (current != null && current.epoch() <= epoch && !current.ended()) {
        end(current);
      }
    } finally {
      turn.unlock();
    }
  }

  /** Callers have the turn. */
  private void drop() throws IOException {
    record = null;
    LeaseRecord.delete(directory);
  }

  /** Callers have the turn. */
  private void end(LeaseRecord current) throws IOException, InterruptedException {
    try {
      factory.create(current.services()).stop(current.epoch());
    } catch (FencedException e) {
      drop(); // a later controller has given orders here
      return;
    }
    LeaseRecord ended = current.atItsEnd();
    record = ended;
    ended.write(directory);
  }

  private void keep(LeaseRecord mine) {
    Thread.ofPlatform().daemon().name("start lease").start(() -> keepUntilEnd(mine));
  }

  private void keepUntilEnd(LeaseRecord mine) {
    try {
      while (!isOver(mine)) {
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether there is nothing to be kept any more. */
  private boolean isOver(LeaseRecord mine) throws InterruptedException {
    turn.lockInterruptibly();
    try {
      if (record != mine) {
        return true;
      }
      if (mine.left().isPositive()) {
        return false;
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "the services here are stopped: that clients were released to them has not become known");
      end(mine);
      return true;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, "services that may not run here have not stopped yet", e);
      Thread.sleep(AGAIN_MILLIS);
      return false;
    } finally {
      turn.unlock();
    }
  }
}
