package dev.godwit.mirror;

import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Problem;
import dev.godwit.sync.copy.SeriesSource;
import dev.godwit.wire.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Finds out what of the looks is applied, by barriers of the session, and serves the barriers of
 * the controller. For one thread.
 */
final class Confirmer {
  /** Bounds the round trips that only measure the lag. */
  private static final Duration CONFIRM_INTERVAL = Duration.ofMillis(10);

  /** During a long look at everything. */
  private static final Duration CONFIRM_EVERY = Duration.ofMillis(50);

  /** A file that is written meanwhile may fail once or twice; what fails a third time stays. */
  private static final int BARRIER_TRIES = 3;

  private final Channel channel;
  private final SourceWatches watches;
  private final SeriesSource session;
  private final MirrorRoot root;
  private final Feeder feeder;
  private final Reporter reporter;
  private final SourceState state;
  private final ReentrantLock lock;
  private final Condition asked;

  /** Guarded by the lock. */
  private final Pending pending;

  Confirmer(
      Channel channel,
      SourceWatches watches,
      SeriesSource session,
      MirrorRoot root,
      Feeder feeder,
      Reporter reporter,
      SourceState state) {
    this.channel = channel;
    this.watches = watches;
    this.session = session;
    this.root = root;
    this.feeder = feeder;
    this.reporter = reporter;
    this.state = state;
    this.lock = state.lock;
    this.asked = state.asked;
    this.pending = state.pending;
  }

  /** Serves the controller and measures the lag, until all ends. */
  void confirm() throws IOException, InterruptedException {
    while (true) {
      Control.Barrier wanted;
      boolean lastOne;
      lock.lock();
      try {
        while (!isAsked() && !pending.isUnconfirmed()) {
          asked.await();
        }
        // Let some more looks come together, unless somebody waits.
        long left = CONFIRM_INTERVAL.toNanos();
        while (left > 0 && !isAsked()) {
          left = asked.awaitNanos(left);
        }
        if (state.finishing || state.halted != null) {
          return;
        }
        wanted = state.barriers.poll();
        lastOne = wanted == null && state.finishWanted;
      } finally {
        lock.unlock();
      }
      if (wanted != null) {
        BarrierResult result = barrier(wanted);
        channel.send(
            reporter.state().encode()); // who waits sees the figures of what was waited for
        channel.send(new Report.BarrierDone(wanted.number(), result).encode());
      } else if (lastOne) {
        // What was noticed before the order to finish is not dropped silently (H64).
        BarrierResult result = barrier(Control.Barrier.NOTICED);
        if (!result.isComplete()) {
          channel.send(new Report.Unfinished(result).encode());
        }
        state.end(null);
        return;
      } else {
        confirm(false);
      }
    }
  }

  /** With the lock held. */
  private boolean isAsked() {
    return state.finishing
        || state.finishWanted
        || state.halted != null
        || !state.barriers.isEmpty();
  }

  /** Everything that happened before this call is on the target when it returns, or is named. */
  private BarrierResult barrier(Control.Barrier wanted) throws IOException, InterruptedException {
    if (wanted.everything()) {
      lookAtEverything(wanted.content());
    }
    for (int tries = 1; ; tries++) {
      awaitFlush();
      var unused = root.lookForMounts();
      lock.lock();
      try {
        long now = System.nanoTime();
        pending.failedIsDue(now);
      } finally {
        lock.unlock();
      }
      feeder.look(true);
      feeder.searchLinks(true);
      BarrierResult result = confirm(wanted.durable());
      if (state.isEnding() || session.halted() != null) {
        throw new IOException("the mirror ended before the barrier was reached");
      }
      if (result.isComplete()
          || tries == BARRIER_TRIES
          || result.first().stream().anyMatch(Problem::isTargetUnusable)) {
        return result;
      }
    }
  }

  /** Returns when everything was looked at, or is due at once: then somebody else waits. */
  private void lookAtEverything(boolean content) throws IOException, InterruptedException {
    lock.lock();
    try {
      long now = System.nanoTime();
      pending.everythingIsDue(content, state.live, now);
      state.due.signalAll();
      long nextConfirm = now + CONFIRM_EVERY.toNanos();
      while (pending.tour() != null && state.barriers.isEmpty()) {
        if (state.finishing || state.halted != null) {
          throw new IOException("the mirror ended before the barrier was reached");
        }
        if (asked.awaitNanos(nextConfirm - System.nanoTime()) <= 0) {
          nextConfirm = System.nanoTime() + CONFIRM_EVERY.toNanos();
          lock.unlock();
          try {
            var unused = confirm(false);
          } finally {
            lock.lock();
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitFlush() throws IOException, InterruptedException {
    long ticket = watches.flush();
    lock.lock();
    try {
      while (state.flushed < ticket) {
        if (state.finishing || state.halted != null) {
          throw new IOException("the mirror ended before the barrier was reached");
        }
        asked.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until what was fed so far has come to its end, and books the failures. */
  private BarrierResult confirm(boolean durable) throws IOException, InterruptedException {
    long generation = feeder.fed();
    BarrierResult result = session.barrier(durable);
    lock.lock();
    try {
      BarrierResult failed = pending.confirmed(generation, result, System.nanoTime());
      state.live |= generation > 0 && generation >= state.firstEnd;
      state.due.signalAll();
      return failed;
    } finally {
      lock.unlock();
    }
  }
}
