package dev.godwit.mirror;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.sync.TreeRoot;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.copy.SeriesSource;
import dev.godwit.watch.Batch;
import dev.godwit.watch.Change;
import dev.godwit.watch.Root;
import dev.godwit.watch.WatchState;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The side of a mirror beside the source: watch, collect, look.
 *
 * <p>Invariants: the watch is open before the first look (H18). A change is in the dirty set, in a
 * look that is not confirmed, or on the target. A look is made only while the root is the directory
 * it was at the start and holds something (H27).
 *
 * <p>Threads: a watcher for the root and for each mount that takes part fills the dirty set and
 * never waits for the target; the {@link Feeder} makes the looks that are due; the {@link
 * Confirmer} finds out what is applied, by barriers of the session, and serves the controller's
 * barriers; the serving thread reports ({@link Reporter}). What they share is in {@link
 * SourceState}.
 */
final class MirrorSource {
  private static final Duration TAKE = Duration.ofSeconds(1);

  private static final Duration MOUNTS_INTERVAL = Duration.ofSeconds(1);

  /** More than two clocks of the same host differ, and than what an order takes on its way. */
  private static final Duration UNSEEN_AT_LEAST = Duration.ofMinutes(1);

  private final Channel channel;
  private final SourceWatches watches;
  private final SeriesSource session;
  private final MirrorSourceOptions options;
  private final SourceState state;
  private final ReentrantLock lock;

  /** Guarded by the lock. */
  private final Pending pending;

  private final MirrorMounts mounts;
  private final MirrorRoot root;
  private final Feeder feeder;
  private final Confirmer confirmer;
  private final Reporter reporter;
  private final Witnesses witnesses;

  private MirrorSource(
      Channel channel, SourceWatches watches, SeriesSource session, MirrorSourceOptions options)
      throws LinuxException {
    this.channel = channel;
    this.watches = watches;
    this.session = session;
    this.options = options;
    this.state = new SourceState(new Pending(options.delay()), options.isFirst());
    this.lock = state.lock;
    this.pending = state.pending;
    this.mounts = new MirrorMounts(options, watches, session);
    this.root = new MirrorRoot(watches.root(), options, state, mounts);
    LinkFinder links = new LinkFinder(session::directory);
    links.asks(listed(session));
    watches.follow(session.renames()::has);
    if (session.followsLinks()) {
      watches.scan("what symbolic links lead to changes where nobody watches");
      links.entersLinks();
    }
    Recent recent =
        options.isChangesOnly() ? Recent.of(session::directory, options.followed()) : null;
    DirectoryRenames renames = new DirectoryRenames(session, links, lock, pending, watches::isTold);
    this.feeder = new Feeder(watches, session, options, root, state, links, renames, recent);
    session.whenDone(feeder::lookEnded);
    session.whenLeftOut(this::leftOut);
    session.whenRoom(this::hasRoom);
    this.witnesses = new Witnesses(session::directory, options.witnesses(), Witnesses.SETTLES);
    Mapped mapped = new Mapped(options.root(), MappedFiles.OF_HOST, session::directory, state);
    this.reporter =
        new Reporter(channel, watches, session, options, root, mounts, mapped, witnesses, state);
    this.confirmer =
        new Confirmer(channel, watches, session, root, mapped, feeder, reporter, state);
  }

  /** Called by the threads that list. */
  private void leftOut(byte[] path, boolean isTop, boolean isTree, boolean isWritten) {
    Scope scope = isTree ? Scope.NEW_TREE : isTop ? Scope.ARRIVAL : Scope.of(isWritten);
    lock.lock();
    try {
      pending.leftOut(PathText.of(path), isTop, scope, System.nanoTime());
      state.due.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Called by the session's receiving thread: does not wait. */
  private void hasRoom() {
    lock.lock();
    try {
      pending.failedIsDue(System.nanoTime());
      state.due.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static LinkFinder.Listed listed(SeriesSource session) {
    return new LinkFinder.Listed() {
      @Override
      public List<byte[]> left(byte[] path, @Nullable FileStatus now) {
        return session.namesLeft(path, now);
      }

      @Override
      public List<byte[]> outside(byte[] directory) {
        return session.namesOutside(directory);
      }

      @Override
      public List<byte[]> of(FileStatus file) {
        return session.namesOf(file);
      }

      @Override
      public boolean knowsNothingBelow(byte[] directory) {
        return session.knowsNoNamesBelow(directory);
      }
    };
  }

  /**
   * Mirrors until the controller asks to finish; returns with everything sent finished in order.
   */
  static void serve(
      Channel channel,
      MirrorSourceOptions options,
      SeriesRequest request,
      MirrorSourceAbility.Opener opener)
      throws IOException, InterruptedException {
    try (SourceWatches watches = new SourceWatches(opener, Root.open(options.root()))) {
      Mailbox mailbox = new Mailbox();
      // The session owns the tree and the channel from its start on.
      try (SeriesSource session =
          SeriesSource.start(TreeRoot.open(options.root()), request, channel, mailbox::put)) {
        if (options.mayEmpty()) {
          session.mayBecomeEmpty();
        }
        MirrorSource mirror = new MirrorSource(channel, watches, session, options);
        mailbox.open(mirror::control);
        try {
          mirror.run();
        } catch (IOException e) {
          // Before the session closes the channel, which would hide the reason.
          channel.fail(String.valueOf(e.getMessage()));
          throw e;
        }
      }
    }
  }

  private void run() throws IOException, InterruptedException {
    SourceWatches.Part top = watches.parts().getFirst();
    List<Thread> threads = new ArrayList<>();
    // From now on, so that what the kernel keeps of events stays little however long mounts take.
    threads.add(start("watches", () -> watch(top)));
    try {
      String target = session.targetRoot();
      reporter.knows(target);
      for (byte[] mount : options.mounts()) {
        session.keep(mount);
      }
      if (target.isEmpty() || isOlder()) {
        reporter.report(); // nothing is looked at, and why is told (H30)
      } else if (awaitMounts()) {
        knowParts();
        for (SourceWatches.Part part : watches.parts()) {
          if (part != top) {
            threads.add(start("watches " + Report.shown(part.path), () -> watch(part)));
          }
        }
        threads.add(
            start(
                "looks",
                () -> {
                  state.awaitCalm(options.calm());
                  feeder.feed();
                }));
        threads.add(start("asks", confirmer::confirm));
        begin();
        reporter.report();
      }
    } finally {
      state.end(null);
      watches.close();
      for (Thread thread : threads) {
        thread.interrupt();
      }
    }
    // At this point we know: the controller asked to finish, and no look is made any more.
    for (Thread thread : threads) {
      thread.join(Duration.ofSeconds(5));
    }
    session.finish();
  }

  /** Whether the source is an older state of itself, which halts the mirror (H30). */
  private boolean isOlder() {
    String why = witnesses.objection(Names.display(options.root()));
    if (why != null) {
      state.halt(why, false);
    }
    return why != null;
  }

  /**
   * Waits until all mounts that take part are there (H27).
   *
   * @return false when the controller wants the end before
   */
  private boolean awaitMounts() throws IOException, InterruptedException {
    while (root.check()) {
      String why = mounts.open();
      if (why == null) {
        if (!mounts.known().isEmpty()) {
          channel.send(new Report.Joined(mounts.known()).encode());
        }
        return true;
      }
      channel.send(new Report.Waiting(why).encode());
      lock.lock();
      try {
        long left = MOUNTS_INTERVAL.toNanos();
        while (left > 0 && !state.finishing && !state.finishWanted) {
          left = state.asked.awaitNanos(left);
        }
        if (state.failure != null) {
          return true; // which is reported
        }
        if (state.finishing || state.finishWanted) {
          return false;
        }
      } finally {
        lock.unlock();
      }
    }
    return true; // the root is not what it was, which is reported
  }

  private void knowParts() {
    lock.lock();
    try {
      pending.areParts(watches.parts().stream().map(part -> part.path).toList());
    } finally {
      lock.unlock();
    }
  }

  private void begin() {
    lock.lock();
    try {
      if (options.isChangesOnly() && options.followed().isZero()) {
        state.becomesLive(true); // whatever the target has
      } else if (state.halted == null) {
        pending.changed("", Scope.TREE, System.nanoTime());
        state.due.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private Thread start(String does, Work work) {
    return Thread.ofPlatform()
        .daemon()
        .name("godwit mirror " + does + " at " + Names.display(options.root()))
        .start(
            () -> {
              try {
                work.run();
              } catch (IOException | InterruptedException | RuntimeException e) {
                state.end(e);
              } catch (Error e) { // nobody waits for what does not come any more
                state.end(new IOException("what " + does + " failed inside: " + e, e));
                throw e;
              }
            });
  }

  /** Called by the session's receiving thread: does not wait. */
  private void control(byte[] message) {
    lock.lock();
    try {
      switch (Control.decode(message)) {
        case Control.Barrier barrier -> state.barriers.add(barrier);
        case Control.Audit audit -> pending.beginAudit(tour(audit));
        case Control.Bandwidth(long bytesPerSecond) -> session.bandwidth(bytesPerSecond);
        case Control.Finish() -> {
          state.finishWanted = true;
          state.finishing |= state.halted != null; // nothing is looked at any more
        }
      }
      state.signalAll();
    } catch (WireException e) {
      state.end(e);
    } finally {
      lock.unlock();
    }
  }

  private static AuditTour tour(Control.Audit order) {
    Instant cameSince = Instant.now().minus(order.unseen()).minus(UNSEEN_AT_LEAST);
    return new AuditTour(
        order, ChronoUnit.NANOS.between(Instant.EPOCH, cameSince), System.nanoTime());
  }

  private void watch(SourceWatches.Part part) throws IOException {
    long flushed = 0;
    // When who makes the looks is to be woken for what was told before; null: there is nothing.
    @Nullable Long owed = null;
    while (!state.isEnding()) {
      WatchState before = part.watch.state();
      Batch batch =
          part.watch.take(owed == null ? TAKE : Duration.ofNanos(owed - System.nanoTime()));
      boolean isAsked = batch.flushed() > flushed;
      flushed = batch.flushed();
      long now = System.nanoTime();
      // What a look at a whole tree is to find may be as old as that.
      long since = now - before.untoldNanos(now);
      lock.lock();
      try {
        Long due = pending.nextDue();
        boolean isPlain =
            PlainChanges.are(batch.changes(), name -> pathOf(part, name), in -> placeOf(part, in));
        for (Change change : batch.changes()) {
          switch (change) {
            case Change.Names one ->
                pending.changed(
                    pathOf(part, one), Scope.of(one.content()), one.isSaved() && isPlain, now);
            case Change.Tree(byte[] path, boolean content, boolean isArrival) -> {
              Scope scope = isArrival ? Scope.ARRIVAL : content ? Scope.NEW_TREE : Scope.TREE;
              changedTree(part, PathText.of(path), scope, isAsked, since);
            }
            case Change.In in -> {
              if (!isPlain) { // else it is told by its name as well
                changedIn(part, in, now);
              }
            }
            case Change.Renamed(byte[] from, byte[] to) ->
                pending.fileRenamed(part.path(PathText.of(from)), part.path(PathText.of(to)));
            case Change.Elsewhere elsewhere -> changedElsewhere(elsewhere, now);
            case Change.Everything() -> pending.changed(part.path, Scope.TREE, since);
          }
        }
        Long next = pending.nextDue();
        if (!Objects.equals(due, next)) {
          // The rest of a save comes soon: waking once, when it is due, is enough.
          if (next != null && next - now <= DirtySet.GATHER_NANOS && !part.isScanned()) {
            owed = owed == null ? next : (Long) Math.min(owed, next);
          } else {
            state.due.signalAll();
          }
        }
        if (owed != null && owed - System.nanoTime() <= 0) {
          owed = null;
          state.due.signalAll();
        }
        long told = watches.told(part, flushed);
        if (state.flushed != told) {
          state.flushed = told;
          state.signalAll();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * @param isAsked whether it is told because somebody waits for everything
   */
  private void changedTree(
      SourceWatches.Part part, String below, Scope scope, boolean isAsked, long since) {
    String path = part.path(below);
    // What is looked at in intervals, and takes longer than one, would never come to its end.
    boolean isOnlyTime = part.isScanned() && scope.equals(Scope.TREE) && !isAsked;
    if (!isOnlyTime || !pending.isLookedThrough(path)) {
      pending.changed(path, scope, since);
    }
  }

  /** By the names that it had when they were listed; the look finds those that it got since. */
  private void changedElsewhere(Change.Elsewhere change, long now) {
    List<byte[]> names = session.namesOf(change.file());
    for (byte[] name : names) {
      pending.changed(PathText.of(name), Scope.CONTENT, now);
    }
    if (names.isEmpty() && change.wasBelow()) {
      pending.changed("", Scope.TREE, now);
    }
  }

  /**
   * What is pending is known by the path that a directory's copy has on the target: it has to be
   * below that when the copy is renamed.
   */
  private void changedIn(SourceWatches.Part part, Change.In in, long now) {
    String place = placeOf(part, in);
    if (place == null) {
      return;
    }
    Scope scope = in.isArrival() ? Scope.ARRIVAL : in.content() ? Scope.CONTENT : Scope.NAME;
    pending.changed(place, PathText.of(in.name()).equals(".") ? Scope.NAME : scope, now);
  }

  private static String pathOf(SourceWatches.Part part, Change.Names change) {
    String path = PathText.join(change.directory(), change.name());
    return part.path(path.equals(".") ? "" : path);
  }

  /** The path on the target of a name in a directory; null where the target has no copy of that. */
  private @Nullable String placeOf(SourceWatches.Part part, Change.In in) {
    byte[] copy = session.renames().placeOf(in.directory().inTree(part.number));
    if (copy == null) {
      return null;
    }
    return PathText.of(in.name()).equals(".") ? PathText.of(copy) : PathText.join(copy, in.name());
  }
}
