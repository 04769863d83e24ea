package dev.godwit.mirror;

import dev.godwit.linux.MountChanges;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Problem;
import dev.godwit.sync.copy.KnownTarget;
import dev.godwit.sync.copy.SeriesSource;
import dev.godwit.watch.Watch;
import dev.godwit.watch.WatchState;
import dev.godwit.wire.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Tells the controller how the mirror is doing. {@link #report} is one thread's. */
final class Reporter {
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final Duration AT_LEAST = Duration.ofSeconds(1);
  private static final Duration HANG_UP_LIMIT = Duration.ofSeconds(2);
  private static final Duration REST_LIMIT = Duration.ofSeconds(1);
  private static final Duration SYNC_INTERVAL = Duration.ofMinutes(1);
  private static final Duration MOUNTS_INTERVAL = Duration.ofSeconds(2);

  private final Channel channel;
  private final SourceWatches watches;
  private final SeriesSource session;
  private final MirrorSourceOptions options;
  private final MirrorRoot root;
  private final MirrorMounts mounts;
  private final Mapped mapped;
  private final Witnesses witnesses;
  private final SourceState state;
  private final ReentrantLock lock;
  private final Condition told;

  /** Guarded by the lock. */
  private final Pending pending;

  /** Whether everything was compared, and changes are followed; of the reporting thread. */
  private volatile boolean wasFollowing;

  private boolean wasAuditing;

  private volatile String target = "";

  /** When the target was to sync last, and what was done until then; of the reporting thread. */
  private long syncedNanos = System.nanoTime();

  private long syncedChanges;

  /** Of the reporting thread. */
  private List<Witness> toldWitnesses;

  Reporter(
      Channel channel,
      SourceWatches watches,
      SeriesSource session,
      MirrorSourceOptions options,
      MirrorRoot root,
      MirrorMounts mounts,
      Mapped mapped,
      Witnesses witnesses,
      SourceState state) {
    this.channel = channel;
    this.watches = watches;
    this.session = session;
    this.options = options;
    this.root = root;
    this.mounts = mounts;
    this.mapped = mapped;
    this.witnesses = witnesses;
    this.toldWitnesses = options.witnesses();
    this.state = state;
    this.lock = state.lock;
    this.told = state.told;
    this.pending = state.pending;
  }

  /** The target has said which directory it is. */
  void knows(String identityOfTarget) {
    target = identityOfTarget;
  }

  /** Tells the controller how it is until all ends, and throws why when it ends otherwise. */
  void report() throws IOException, InterruptedException {
    try (MountChanges changes = new MountChanges()) {
      report(changes);
    }
  }

  private void report(MountChanges changes) throws IOException, InterruptedException {
    Report.State last = null;
    long lastSent = 0;
    long lastMounts = System.nanoTime() - MOUNTS_INTERVAL.toNanos();
    int keptSent = options.mounts().size();
    @Nullable List<MirrorMount> told = null; // also that there is none is told once
    while (true) {
      boolean isTargetsHalt = false;
      Problem sessionHalted = session.halted();
      if (sessionHalted != null && root.check()) { // who can say more exactly why is asked first
        // A mount that takes part, and that is back by now, is looked at anew.
        boolean again =
            session.isTriedAgain() || mounts.hasJoined(PathText.of(sessionHalted.path()));
        String root = session.isTriedAgain() ? "" : Names.display(options.root()) + ": ";
        state.halt(root + sessionHalted.cause(), again);
        isTargetsHalt = !again && sessionHalted.side() == Problem.Side.TARGET;
      }
      String stopped;
      boolean isTriedAgain;
      boolean isEnding;
      Exception failed;
      lock.lock();
      try {
        stopped = state.halted;
        isTriedAgain = state.isTriedAgain;
        isEnding = state.finishing;
        failed = state.failure;
      } finally {
        lock.unlock();
      }
      if (stopped == null && failed != null) {
        throw failed instanceof IOException e ? e : new IOException(failed);
      }
      if (stopped != null) {
        if (isTargetsHalt) {
          session.awaitRest(REST_LIMIT); // what it has let go before is still being removed
        }
        if (last != null || isTargetsHalt) {
          // What was done until now, and of a first session which root it was done with.
          channel.send(state().encode());
        }
        channel.send(new Report.Halted(stopped, isTriedAgain).encode());
        // The controller hangs up; what is closed before it has read may be lost on the way.
        awaitEnd(HANG_UP_LIMIT);
        throw new IOException(stopped);
      }
      if (isEnding) {
        return;
      }
      long time = System.nanoTime();
      boolean areOthersMounted = changes.seen() || told == null;
      if (areOthersMounted || time - lastMounts >= MOUNTS_INTERVAL.toNanos()) {
        // A root that was moved away or covered makes no event that leads to a look (H27), nor does
        // a mount whose path is another one now.
        if (root.check() && areOthersMounted) {
          mounts.lookBelowTarget();
          boolean unused = root.check();
        }
        List<MirrorMount> now = mounts.shown(root.lookForMounts());
        if (!now.equals(told)) {
          channel.send(new Report.Mounted(now).encode());
          told = now;
        }
        lastMounts = time;
      }
      List<byte[]> kept = session.kept();
      if (kept.size() > keptSent) {
        channel.send(new Report.Mounts(kept).encode());
        keptSent = kept.size();
      }
      mapped.markNowAndThen();
      tellWitnesses();
      followsFromNowOn();
      Report.State now = state();
      boolean isOld = System.nanoTime() - lastSent >= AT_LEAST.toNanos();
      if (isOld || !now.equals(last)) {
        channel.send(now.encode());
        last = now;
        lastSent = System.nanoTime();
      }
      awaitNews(now.live());
    }
  }

  private void tellWitnesses() throws IOException {
    String changed;
    lock.lock();
    try {
      changed = pending.takeLast();
    } finally {
      lock.unlock();
    }
    if (changed != null) {
      witnesses.note(changed);
    }
    List<Witness> now = witnesses.settled();
    if (!now.equals(toldWitnesses)) {
      toldWitnesses = now;
      channel.send(new Report.Seen(now).encode());
    }
  }

  /** When everything was compared: before anybody is told that the mirror is live. */
  private void followsFromNowOn() throws IOException {
    boolean isFollowing;
    boolean isAuditing;
    lock.lock();
    try {
      isFollowing = state.live && pending.tour() == null;
      isAuditing = pending.audit() != null;
    } finally {
      lock.unlock();
    }
    if (isFollowing && (!wasFollowing || wasAuditing && !isAuditing)) {
      session.follows();
    }
    syncs(isFollowing && !wasFollowing);
    wasFollowing = isFollowing;
    wasAuditing = isAuditing;
  }

  /**
   * Up to when what is on the target is on its disk: what was in doubt before this session has to
   * be compared first (H31). With the lock held.
   */
  private long durable() {
    return options.isTargetDoubted() && !(wasFollowing && session.hasSynced())
        ? KnownTarget.ALL
        : session.durable();
  }

  /**
   * From time to time, and when everything was compared, what is applied goes to the target's disk,
   * so that little is in doubt after a power cut (H31). Nobody waits for it.
   */
  private void syncs(boolean isCompared) throws IOException {
    Counters done = session.counters();
    long changes = done.filesApplied() + done.bytesApplied();
    boolean isDue = System.nanoTime() - syncedNanos >= SYNC_INTERVAL.toNanos();
    if (isCompared && options.isTargetDoubted()
        || (isCompared || isDue) && changes > syncedChanges) {
      syncedNanos = System.nanoTime();
      syncedChanges = changes;
      session.syncSoon();
    }
  }

  private void awaitEnd(Duration max) throws InterruptedException {
    lock.lock();
    try {
      long left = max.toNanos();
      while (left > 0 && !state.finishing) {
        left = told.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until it is time to tell again, or at once.
   *
   * @param wasLive what was told last: whoever waits for the first comparison waits for no interval
   */
  private void awaitNews(boolean wasLive) throws InterruptedException {
    lock.lock();
    try {
      long left = INTERVAL.toNanos();
      while (left > 0 && !state.finishing && state.halted == null && state.live == wasLive) {
        left = told.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** How it is now. Any thread. */
  Report.State state() {
    WatchState seen = watches.state();
    lock.lock();
    try {
      long now = System.nanoTime();
      List<String> problems = new ArrayList<>();
      for (Problem problem : pending.problems(Report.PROBLEMS_MAX)) {
        problems.add(Report.shortened(problem.toString()));
      }
      return new Report.State(
          state.live,
          pending.size(),
          Math.max(
              TimeUnit.NANOSECONDS.toMillis(now - pending.since(now)),
              untoldMillis(Math.max(seen.untoldNanos(now), mapped.untoldNanos(now)))),
          seen.unverified(),
          seen.unwatched(),
          SourceWatches.rung(seen),
          warning(seen, session.limits(), witnesses.areThere()),
          seen.overflows(),
          root.identity(),
          new KnownTarget(target, durable()),
          root.isEmpty(),
          pending.directories(),
          pending.extent(),
          session.counters(),
          problems,
          pending.first(Report.WAITING_MAX));
    } finally {
      lock.unlock();
    }
  }

  /** In whole seconds, and one that has begun counts: it is no reason to tell more often. */
  private static long untoldMillis(long nanos) {
    long second = Duration.ofSeconds(1).toNanos();
    return TimeUnit.NANOSECONDS.toMillis((nanos + second - 1) / second * second);
  }

  private static String warning(WatchState seen, List<String> limits, boolean hasWitnesses) {
    List<String> all = new ArrayList<>();
    String late = warning(seen);
    if (!late.isEmpty()) {
      all.add(late);
    }
    all.addAll(limits);
    if (!hasWitnesses) {
      all.add(
          "an older state of the source in its place would not be noticed, because its file system"
              + " keeps no times of change");
    }
    return Report.shortened(String.join("; ", all));
  }

  private static String warning(WatchState seen) {
    if (seen.unverified()) {
      return "the kernel lost changes; everything is looked at again shortly";
    }
    if (seen.unwatched() > 0) {
      return seen.unwatched()
          + " directories have no watch (raise fs.inotify.max_user_watches); they are looked at"
          + " every "
          + Watch.RESCAN.toSeconds()
          + " seconds";
    }
    return "";
  }
}
