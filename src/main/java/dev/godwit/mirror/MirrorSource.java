package dev.godwit.mirror;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.sync.TreeRoot;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.copy.SeriesSource;
import dev.godwit.watch.Batch;
import dev.godwit.watch.Change;
import dev.godwit.watch.Watch;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The side of a mirror beside the source: watch, collect, look.
 *
 * <p>Invariants: the watch is open before the first look (H18). A change is in the dirty set, in a
 * look that is not confirmed, or on the target. A look is made only while the root is the directory
 * it was at the start and holds something (H27).
 *
 * <p>Four threads: the watcher fills the dirty set and never waits for the target; the {@link
 * Feeder} makes the looks that are due; the {@link Confirmer} finds out what is applied, by
 * barriers of the session, and serves the controller's barriers; the serving thread reports ({@link
 * Reporter}). What they share is in {@link SourceState}.
 */
final class MirrorSource {
  private static final Duration TAKE = Duration.ofSeconds(1);

  private final Watch watch;
  private final SeriesSource session;
  private final MirrorSourceOptions options;
  private final SourceState state;
  private final ReentrantLock lock;

  /** Guarded by the lock. */
  private final Pending pending;

  private final MirrorRoot root;
  private final Feeder feeder;
  private final Confirmer confirmer;
  private final Reporter reporter;

  private MirrorSource(
      Channel channel,
      Watch watch,
      SeriesSource session,
      LinkFinder links,
      MirrorSourceOptions options) {
    this.watch = watch;
    this.session = session;
    this.options = options;
    this.state = new SourceState(new Pending(options.delay()), options.isFirst());
    this.lock = state.lock;
    this.pending = state.pending;
    this.root = new MirrorRoot(watch.root(), options, state);
    links.asks(listed(session));
    session.whenDone(state::lookEnded);
    boolean isTold = watch.follow(session.renames()::has);
    DirectoryRenames renames = new DirectoryRenames(session, links, lock, pending, isTold);
    this.feeder = new Feeder(watch, session, options, root, state, links, renames);
    this.reporter = new Reporter(channel, watch, session, options, root, state);
    this.confirmer = new Confirmer(channel, watch, session, root, feeder, reporter, state);
  }

  private static LinkFinder.Listed listed(SeriesSource session) {
    return new LinkFinder.Listed() {
      @Override
      public List<byte[]> left(byte[] path, @Nullable FileStatus now) {
        return session.namesLeft(path, now);
      }

      @Override
      public List<byte[]> of(FileStatus file) {
        return session.namesOf(file);
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
    try (Watch watch = opener.open(options.root());
        LinkFinder links = new LinkFinder(options.root())) {
      Mailbox mailbox = new Mailbox();
      // The session owns the tree and the channel from its start on.
      try (SeriesSource session =
          SeriesSource.start(TreeRoot.open(options.root()), request, channel, mailbox::put)) {
        MirrorSource mirror = new MirrorSource(channel, watch, session, links, options);
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
    List<Thread> threads =
        List.of(
            start("watches", this::watch),
            start("looks", feeder::feed),
            start("asks", confirmer::confirm));
    try {
      for (byte[] mount : options.mounts()) {
        session.keep(mount);
      }
      if (root.check()) {
        lock.lock();
        try {
          pending.changed("", Scope.TREE, System.nanoTime());
          state.due.signalAll();
        } finally {
          lock.unlock();
        }
      }
      reporter.report();
    } finally {
      state.end(null);
      watch.close();
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
              }
            });
  }

  /** Called by the session's receiving thread: does not wait. */
  private void control(byte[] message) {
    lock.lock();
    try {
      switch (Control.decode(message)) {
        case Control.Barrier barrier -> state.barriers.add(barrier);
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

  private void watch() throws IOException {
    while (!state.isEnding()) {
      Batch batch = watch.take(TAKE);
      long now = System.nanoTime();
      lock.lock();
      try {
        for (Change change : batch.changes()) {
          switch (change) {
            case Change.Names(byte[] directory, byte[] name, boolean content) -> {
              String path = PathText.join(directory, name);
              pending.changed(
                  path.equals(".") ? "" : path, content ? Scope.CONTENT : Scope.NAME, now);
            }
            case Change.Tree(byte[] path, boolean content, boolean isArrival) ->
                pending.changed(
                    PathText.of(path),
                    isArrival ? Scope.ARRIVAL : content ? Scope.NEW_TREE : Scope.TREE,
                    now);
            case Change.In in -> changedIn(in, now);
            case Change.Renamed(byte[] from, byte[] to) ->
                pending.fileRenamed(PathText.of(from), PathText.of(to));
            case Change.Everything() -> pending.changed("", Scope.TREE, now);
          }
        }
        state.due.signalAll();
        if (state.flushed != batch.flushed()) {
          state.flushed = batch.flushed();
          state.asked.signalAll();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * What is pending is known by the path that a directory's copy has on the target: it has to be
   * below that when the copy is renamed.
   */
  private void changedIn(Change.In in, long now) {
    byte[] copy = session.renames().placeOf(in.directory());
    if (copy == null) {
      return;
    }
    if (PathText.of(in.name()).equals(".")) {
      pending.changed(PathText.of(copy), Scope.NAME, now);
      return;
    }
    Scope scope = in.isArrival() ? Scope.ARRIVAL : in.content() ? Scope.CONTENT : Scope.NAME;
    pending.changed(PathText.join(copy, in.name()), scope, now);
  }
}
