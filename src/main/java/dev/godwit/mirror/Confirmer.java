package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Problem;
import dev.godwit.sync.copy.SeriesSource;
import dev.godwit.wire.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Finds out what of the looks is applied, by barriers of the session, and serves the barriers of
 * the controller. For one thread.
 */
final class Confirmer {
  /** Bounds the round trips that only measure the lag. */
  private static final Duration CONFIRM_INTERVAL = Duration.ofMillis(10);

  private static final Duration AUDIT_INTERVAL = Duration.ofSeconds(1);

  /** A file that is written meanwhile may fail once or twice; what fails a third time stays. */
  private static final int BARRIER_TRIES = 3;

  /** Directories that are renamed meanwhile are followed so many times. */
  private static final int BARRIER_MOVES = 100;

  private static final String MOVES =
      "directories take this name, or leave it, faster than they can be followed";

  private final Channel channel;
  private final SourceWatches watches;
  private final SeriesSource session;
  private final MirrorRoot root;
  private final Mapped mapped;
  private final Feeder feeder;
  private final Reporter reporter;
  private final SourceState state;
  private final ReentrantLock lock;
  private final Condition asked;

  /** Guarded by the lock. */
  private final Pending pending;

  /** When was told last how far the audit is; of the thread that confirms. */
  private long auditTold = System.nanoTime();

  Confirmer(
      Channel channel,
      SourceWatches watches,
      SeriesSource session,
      MirrorRoot root,
      Mapped mapped,
      Feeder feeder,
      Reporter reporter,
      SourceState state) {
    this.channel = channel;
    this.watches = watches;
    this.session = session;
    this.root = root;
    this.mapped = mapped;
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
    mapped.mark();
    int moves = 0;
    for (int tries = 1; ; tries++) {
      awaitFlush();
      var unused = root.lookForMounts();
      long leftOut;
      lock.lock();
      try {
        long now = System.nanoTime();
        pending.failedIsDue(now);
        leftOut = pending.leftOut();
      } finally {
        lock.unlock();
      }
      feeder.look(true);
      feeder.searchLinks(true);
      BarrierResult result = confirm(wanted.durable());
      if (state.isEnding() || session.halted() != null) {
        throw new IOException("the mirror ended before the barrier was reached");
      }
      if (leftOut() != leftOut) {
        if (++moves == BARRIER_MOVES) {
          return misplaced(result);
        }
        tries--; // directories are renamed before the next look
      } else if (result.isComplete()
          || tries == BARRIER_TRIES
          || result.first().stream().anyMatch(Problem::isTargetUnusable)) {
        return result;
      }
    }
  }

  private long leftOut() {
    lock.lock();
    try {
      return pending.leftOut();
    } finally {
      lock.unlock();
    }
  }

  /** The result, and that the place that looks have left out last could not be followed. */
  private BarrierResult misplaced(BarrierResult result) {
    List<Problem> first = new ArrayList<>();
    lock.lock();
    try {
      byte[] path = PathText.bytes(pending.lastLeftOut());
      first.add(new Problem(Problem.Side.SOURCE, path, MOVES, 0));
    } finally {
      lock.unlock();
    }
    first.addAll(result.first().stream().limit(BarrierResult.SHOWN_MAX - 1).toList());
    return new BarrierResult(result.failures() + 1, first);
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
    boolean isAuditing = isAuditing(generation);
    boolean isTold = isAuditing && awaitTold();
    AuditTour audit;
    AuditTour ended;
    BarrierResult failed;
    lock.lock();
    try {
      long now = System.nanoTime();
      if (isAuditing) {
        pending.audited(generation, isTold, now);
      }
      failed = pending.confirmed(generation, result, now);
      audit = pending.audit();
      ended = pending.endedAudit();
      if (ended != null) {
        state.barriers.add(new Control.Barrier(ended.order().number(), true));
      }
      state.becomesLive(generation > 0 && generation >= state.firstEnd);
      feeder.rouse();
    } finally {
      lock.unlock();
    }
    if (isAuditing && audit != null) {
      tell(audit, ended != null);
    }
    return failed;
  }

  private boolean isAuditing(long generation) {
    lock.lock();
    try {
      return pending.isAuditing(generation);
    } finally {
      lock.unlock();
    }
  }

  /** Waits for all that happened until now; false where that cannot be known. */
  private boolean awaitTold() throws IOException, InterruptedException {
    boolean canBe = watches.tellsAll();
    if (canBe) {
      awaitFlush();
    }
    return canBe;
  }

  /** Says how far the audit is: in its pauses, once a second, and at its end. */
  private void tell(AuditTour audit, boolean isLast) throws IOException {
    Report.Audited told;
    lock.lock();
    try {
      long now = System.nanoTime();
      long interval = AUDIT_INTERVAL.toNanos();
      if (!isLast && now - auditTold < interval && audit.untilPiece(now) < interval) {
        return;
      }
      auditTold = now;
      told = new Report.Audited(audit.order().number(), audit.place(), audit.drift());
    } finally {
      lock.unlock();
    }
    channel.send(told.encode());
  }
}
