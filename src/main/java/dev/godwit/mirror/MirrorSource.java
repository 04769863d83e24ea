package dev.godwit.mirror;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Problem;
import dev.godwit.sync.TreeRoot;
import dev.godwit.sync.copy.Look;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.copy.SeriesSource;
import dev.godwit.watch.Batch;
import dev.godwit.watch.Change;
import dev.godwit.watch.Root;
import dev.godwit.watch.Watch;
import dev.godwit.watch.WatchState;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The side of a mirror beside the source: watch, collect, look.
 *
 * <p>Invariants: the watch is open before the first look (H18). A change is in the dirty set, in a
 * look that is not confirmed, or on the target. A look is made only while the root is the directory
 * it was at the start and holds something (H27).
 *
 * <p>Four threads: the watcher fills the dirty set and never waits for the target; the feeder makes
 * the looks that are due; the confirmer finds out what is applied, by barriers of the session, and
 * serves the controller's barriers; the serving thread reports.
 */
final class MirrorSource {
  private static final Duration TAKE = Duration.ofSeconds(1);
  private static final Duration REPORT_INTERVAL = Duration.ofMillis(100);
  private static final Duration HANG_UP_LIMIT = Duration.ofSeconds(2);
  private static final Duration MOUNTS_INTERVAL = Duration.ofSeconds(2);
  private static final Duration REPORT_AT_LEAST = Duration.ofSeconds(1);

  /**
   * Longer than any pause between two looks at everything after lost changes, and than a page that
   * was written through a mapping can stay dirty, during which further stores leave no trace.
   */
  private static final Duration UNSEEN_AT_LEAST = Duration.ofMinutes(2);

  /** Pieces of a look at everything that are under way at once, so that changes have room. */
  private static final int PIECES = 2;

  /** However much changes, a look at everything goes on in this time. */
  private static final Duration PIECE_AT_LEAST = Duration.ofMillis(100);

  private static final int PIECE_DIRECTORIES = 32;
  private static final int PIECE_NAMES = 1024;

  /** Of the first copy, where most names are made: fewer pieces have fewer waits in between. */
  private static final int FIRST_DIRECTORIES = 128;

  private static final int FIRST_NAMES = 2048;

  private static final Duration BREATH_PER_LOOK = Duration.ofMillis(2);
  private static final Duration BREATH_LONGEST = Duration.ofMillis(250);

  /** Bounds the round trips that only measure the lag. */
  private static final Duration CONFIRM_INTERVAL = Duration.ofMillis(10);

  /** During a long look at everything. */
  private static final Duration CONFIRM_EVERY = Duration.ofMillis(50);

  /** A file that is written meanwhile may fail once or twice; what fails a third time stays. */
  private static final int BARRIER_TRIES = 3;

  private final Channel channel;
  private final Watch watch;
  private final Root root;
  private final SeriesSource session;
  private final MirrorSourceOptions options;

  /** Used with {@link #feeding} held. */
  private final LinkFinder links;

  /** Used with {@link #feeding} held. */
  private final DirectoryRenames renames;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Held while looks are taken and handed over, so that a barrier comes after both. */
  private final ReentrantLock feeding = new ReentrantLock();

  // Guarded by lock.
  private final Pending pending;
  private final Deque<Control.Barrier> barriers = new ArrayDeque<>();
  private long lastFed = System.nanoTime();
  private long flushed;
  private long lastPiece = System.nanoTime();

  /** The watch's ticket for all that happened before the last directory of a tour was taken. */
  private long tourEnd;

  /** With this generation everything was looked at for the first time, in pieces. */
  private long firstEnd;

  private Set<String> mounts = Set.of();
  private boolean live;
  private boolean finishWanted;
  private boolean finishing;
  private boolean wasFilled;
  private boolean isEmpty;
  private @Nullable String halted;
  private @Nullable Exception failure;

  private MirrorSource(
      Channel channel,
      Watch watch,
      SeriesSource session,
      LinkFinder links,
      MirrorSourceOptions options) {
    this.channel = channel;
    this.watch = watch;
    this.root = watch.root();
    this.session = session;
    this.links = links;
    links.asks(
        new LinkFinder.Listed() {
          @Override
          public List<byte[]> left(byte[] path, @Nullable FileStatus now) {
            return session.namesLeft(path, now);
          }

          @Override
          public List<byte[]> of(FileStatus file) {
            return session.namesOf(file);
          }
        });
    this.options = options;
    session.whenDone(this::lookEnded);
    this.pending = new Pending(options.delay());
    boolean isTold = watch.follow(session.renames()::has);
    this.renames = new DirectoryRenames(session, links, lock, pending, isTold);
    this.wasFilled = !options.mayBeEmpty();
    this.firstEnd = options.isFirst() ? Long.MAX_VALUE : 0;
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
            start("looks", this::feed),
            start("asks", this::confirm));
    try {
      for (byte[] mount : options.mounts()) {
        session.keep(mount);
      }
      if (checkRoot()) {
        lock.lock();
        try {
          pending.changed("", Scope.TREE, System.nanoTime());
          changed.signalAll();
        } finally {
          lock.unlock();
        }
      }
      report();
    } finally {
      end(null);
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
                end(e);
              }
            });
  }

  private void end(@Nullable Exception cause) {
    lock.lock();
    try {
      if (!finishing && failure == null && halted == null && cause != null) {
        failure = cause;
      }
      finishing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Called by the session's receiving thread: does not wait. */
  private void control(byte[] message) {
    lock.lock();
    try {
      switch (Control.decode(message)) {
        case Control.Barrier barrier -> barriers.add(barrier);
        case Control.Finish() -> {
          finishWanted = true;
          finishing |= halted != null; // nothing is looked at any more
        }
      }
      changed.signalAll();
    } catch (WireException e) {
      end(e);
    } finally {
      lock.unlock();
    }
  }

  // ---- the watcher

  private void watch() throws IOException {
    while (!isEnding()) {
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
        flushed = batch.flushed();
        changed.signalAll();
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

  private void lookEnded() {
    if (lock.tryLock()) {
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean isEnding() {
    lock.lock();
    try {
      return finishing || halted != null;
    } finally {
      lock.unlock();
    }
  }

  // ---- the feeder

  private void feed() throws IOException, InterruptedException {
    while (true) {
      lock.lock();
      try {
        while (true) {
          if (finishing || halted != null) {
            return;
          }
          Long due = pending.nextDue();
          long now = System.nanoTime();
          long wait = due == null ? Long.MAX_VALUE : Math.max(due, lastFed + breath()) - now;
          if (pending.tour() != null) {
            wait = Math.min(wait, untilPiece(now));
          }
          if (links.isSearchWanted()) {
            wait = Math.min(wait, links.nextSearch() - now);
          }
          if (wait <= 0) {
            break;
          }
          long unused = changed.awaitNanos(wait);
        }
      } finally {
        lock.unlock();
      }
      look(false);
      piece();
      searchLinks(false);
    }
  }

  /** How long until a piece of the tour may be handed over. With the lock held. */
  private long untilPiece(long now) {
    Tour tour = pending.tour();
    if (tour != null && tour.isAtEnd()) {
      return flushed >= tourEnd ? 0 : Long.MAX_VALUE; // the watcher tells
    }
    return session.pending() < PIECES ? 0 : lastPiece + PIECE_AT_LEAST.toNanos() - now;
  }

  /** Hands over the next piece of the tour, if it is time. */
  private void piece() throws IOException, InterruptedException {
    feeding.lock();
    try {
      lock.lock();
      long since;
      try {
        Tour tour = pending.tour();
        long now = System.nanoTime();
        if (tour == null || untilPiece(now) > 0) {
          return;
        }
        if (tour.isAtEnd()) {
          pending.endTour(now);
          firstEnd = pending.generation();
          live |= firstEnd > 0 && !pending.isUnconfirmed(); // the last piece may be confirmed
          changed.signalAll();
          return;
        }
        since = tour.since();
        lastPiece = now;
      } finally {
        lock.unlock();
      }
      if (!checkRoot()) {
        return;
      }
      List<String> directories = new ArrayList<>();
      Set<String> unreadable = new HashSet<>();
      LinkFinder.Others others = new LinkFinder.Others();
      boolean isFirst = options.isFirst() && !isLive();
      int directoriesMax = isFirst ? FIRST_DIRECTORIES : PIECE_DIRECTORIES;
      int namesMax = isFirst ? FIRST_NAMES : PIECE_NAMES;
      for (int names = 0; directories.size() < directoriesMax && names < namesMax; ) {
        String directory = next();
        if (directory == null) {
          break;
        }
        LinkFinder.In in = links.inDirectory(directory, others);
        directories.add(directory);
        if (in == null) {
          unreadable.add(directory);
        } else {
          names += in.names();
          found(in.directories());
        }
        if (directory.isEmpty()) {
          break; // while it is looked at everything else waits
        }
      }
      lock.lock();
      try {
        pending.lookingAt(directories, others.names(), since);
        Tour tour = pending.tour();
        if (tour != null && tour.isAtEnd()) {
          tourEnd = watch.flush();
        }
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      session.look(Looker.directories(directories, unreadable, unseen(since), others, isFirst));
    } finally {
      feeding.unlock();
    }
  }

  private boolean isLive() {
    lock.lock();
    try {
      return live;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable String next() {
    lock.lock();
    try {
      Tour tour = pending.tour();
      return tour == null ? null : tour.next();
    } finally {
      lock.unlock();
    }
  }

  private void found(List<String> directories) {
    lock.lock();
    try {
      Tour tour = pending.tour();
      if (tour != null) {
        tour.found(directories);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The more the session has to do, the longer changes are collected: looks at one directory follow
   * each other, so few looks at many names are done sooner than many at one.
   */
  private long breath() {
    return Math.min(session.pending() * BREATH_PER_LOOK.toNanos(), BREATH_LONGEST.toNanos());
  }

  /** Takes what is due, or all, and hands it to the session. */
  private void look(boolean all) throws IOException, InterruptedException {
    feeding.lock();
    try {
      if (!checkRoot()) {
        return;
      }
      renames.follow(all);
      Looks looks;
      Map<String, String> renamed;
      lock.lock();
      try {
        long now = System.nanoTime();
        if (all) {
          pending.endTour(now); // who waits gets the rest of it at once
          firstEnd = Math.min(firstEnd, pending.generation() + 1);
        } else if (live || options.isFirst()) {
          pending.beginTour(now);
        }
        looks = pending.take(all, now);
        renamed = pending.renamedFiles(looks); // now: what is told next begins with these names
        if (looks.isEmpty()) {
          return;
        }
        lastFed = now;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      LinkFinder.Others others = links.others(looks);
      if (links.isSearchWanted() && System.nanoTime() - links.nextSearch() >= 0) {
        // In the same look: otherwise a file would lose its other names on the target until then.
        others.names().addAll(links.search());
      }
      FileRenames files;
      lock.lock();
      try {
        files = FileRenames.of(looks, renamed, others, links);
        pending.lookingToo(others.names());
        if (!all && files.hasLeft()) { // otherwise all that happened was told
          long now = System.nanoTime();
          long ticket = watch.flush();
          files.leaveOut((from, to) -> pending.isOnItsWay(from, to, now, ticket, flushed));
        }
        pending.lookingToo(files.oldNames());
      } finally {
        lock.unlock();
      }
      Duration unseen = unseen(looks.since());
      for (Look first : files.looks(unseen)) {
        session.look(first);
      }
      session.look(files.rest(unseen, others));
    } finally {
      feeding.unlock();
    }
  }

  /** The other names of files that were linked lately: no event says which they are. */
  private void searchLinks(boolean now) throws IOException, InterruptedException {
    feeding.lock();
    try {
      if (!links.isSearchWanted() || !now && System.nanoTime() - links.nextSearch() < 0) {
        return;
      }
      long since = System.nanoTime();
      Collection<String> names = links.search();
      lock.lock();
      try {
        pending.looking(names, since);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      session.look(Looker.look(names));
    } finally {
      feeding.unlock();
    }
  }

  /**
   * How far back a look at a tree doubts what has changed: as long as changes may have been lost,
   * or have been waiting, or looks have failed; and some more (H19).
   */
  private Duration unseen(long oldest) {
    lock.lock();
    try {
      long now = System.nanoTime();
      long since = Math.min(oldest, pending.failingSince(now));
      Duration unseen = UNSEEN_AT_LEAST.plusNanos(Math.max(0, now - since));
      Duration before = live ? Duration.ZERO : options.unseen();
      return unseen.plus(before);
    } finally {
      lock.unlock();
    }
  }

  /** Whether the root is what it was; if not, the mirror halts with nothing looked at (H27). */
  private boolean checkRoot() throws IOException {
    Root.Fate fate = root.fate();
    lock.lock();
    try {
      isEmpty = fate == Root.Fate.EMPTY;
      String why =
          RootGuard.objection(
              Names.display(options.root()), fate, options.identity(), root.identity(), wasFilled);
      wasFilled |= fate == Root.Fate.SAME;
      if (why != null && halted == null) {
        halted = why;
        changed.signalAll();
      }
      return halted == null;
    } finally {
      lock.unlock();
    }
  }

  // ---- the confirmer

  private void confirm() throws IOException, InterruptedException {
    while (true) {
      Control.Barrier asked;
      boolean lastOne;
      lock.lock();
      try {
        while (!isAsked() && !pending.isUnconfirmed()) {
          changed.await();
        }
        // Let some more looks come together, unless somebody waits.
        long left = CONFIRM_INTERVAL.toNanos();
        while (left > 0 && !isAsked()) {
          left = changed.awaitNanos(left);
        }
        if (finishing || halted != null) {
          return;
        }
        asked = barriers.poll();
        lastOne = asked == null && finishWanted;
      } finally {
        lock.unlock();
      }
      if (asked != null) {
        BarrierResult result = barrier(asked.durable(), asked.everything());
        channel.send(state().encode()); // who waits sees the figures of what was waited for
        channel.send(new Report.BarrierDone(asked.number(), result).encode());
      } else if (lastOne) {
        // What was noticed before the order to finish is not dropped silently (H64).
        BarrierResult result = barrier(false, false);
        if (!result.isComplete()) {
          channel.send(new Report.Unfinished(result).encode());
        }
        end(null);
        return;
      } else {
        confirm(false);
      }
    }
  }

  /** With the lock held. */
  private boolean isAsked() {
    return finishing || finishWanted || halted != null || !barriers.isEmpty();
  }

  /**
   * Everything that happened before this call is on the target when it returns, or is named.
   *
   * @param everything looks at everything on both sides, whatever is known (H23)
   */
  private BarrierResult barrier(boolean durable, boolean everything)
      throws IOException, InterruptedException {
    if (everything) {
      lookAtEverything();
    }
    for (int tries = 1; ; tries++) {
      awaitFlush();
      lookForMounts();
      lock.lock();
      try {
        long now = System.nanoTime();
        pending.failedIsDue(now);
      } finally {
        lock.unlock();
      }
      look(true);
      searchLinks(true);
      BarrierResult result = confirm(durable);
      if (isEnding() || session.halted() != null) {
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
  private void lookAtEverything() throws IOException, InterruptedException {
    lock.lock();
    try {
      long now = System.nanoTime();
      pending.isDue("", Scope.TREE, now);
      if (live) {
        pending.beginTour(now);
      }
      changed.signalAll();
      long nextConfirm = now + CONFIRM_EVERY.toNanos();
      while (pending.tour() != null && barriers.isEmpty()) {
        if (finishing || halted != null) {
          throw new IOException("the mirror ended before the barrier was reached");
        }
        if (changed.awaitNanos(nextConfirm - System.nanoTime()) <= 0) {
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

  /**
   * Looks at the places where another file system was mounted or unmounted since the last time: no
   * event tells (H25).
   */
  private void lookForMounts() throws IOException {
    Set<String> now = root.mounts();
    lock.lock();
    try {
      Set<String> appeared = new HashSet<>(now);
      appeared.removeAll(mounts);
      Set<String> gone = new HashSet<>(mounts);
      gone.removeAll(now);
      mounts = now;
      for (String path : appeared) {
        pending.changed(path, Scope.NAME, System.nanoTime());
      }
      for (String path : gone) {
        pending.changed(path, Scope.TREE, System.nanoTime());
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitFlush() throws IOException, InterruptedException {
    long ticket = watch.flush();
    lock.lock();
    try {
      while (flushed < ticket) {
        if (finishing || halted != null) {
          throw new IOException("the mirror ended before the barrier was reached");
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until what was fed so far has come to its end, and books the failures. */
  private BarrierResult confirm(boolean durable) throws IOException, InterruptedException {
    long generation;
    feeding.lock();
    try {
      lock.lock();
      try {
        generation = pending.generation();
      } finally {
        lock.unlock();
      }
    } finally {
      feeding.unlock();
    }
    BarrierResult result = session.barrier(durable);
    lock.lock();
    try {
      BarrierResult failed = pending.confirmed(generation, result, System.nanoTime());
      live |= generation > 0 && generation >= firstEnd;
      changed.signalAll();
      return failed;
    } finally {
      lock.unlock();
    }
  }

  // ---- the serving thread

  private void report() throws IOException, InterruptedException {
    Report.State last = null;
    long lastSent = 0;
    long lastMounts = System.nanoTime() - MOUNTS_INTERVAL.toNanos();
    int keptSent = options.mounts().size();
    while (true) {
      String stopped;
      boolean ended;
      Exception failed;
      lock.lock();
      try {
        stopped = halted;
        ended = finishing;
        failed = failure;
      } finally {
        lock.unlock();
      }
      Problem sessionHalted = session.halted();
      if (stopped == null && sessionHalted != null) {
        stopped = Names.display(options.root()) + ": " + sessionHalted.cause();
        halt(stopped);
      }
      if (stopped == null && failed != null) {
        throw failed instanceof IOException e ? e : new IOException(failed);
      }
      if (stopped != null) {
        channel.send(new Report.Halted(stopped).encode());
        // The controller hangs up; what is closed before it has read may be lost on the way.
        awaitEnd(HANG_UP_LIMIT, true);
        throw new IOException(stopped);
      }
      if (ended) {
        return;
      }
      long time = System.nanoTime();
      if (time - lastMounts >= MOUNTS_INTERVAL.toNanos()) {
        // A root that was moved away or covered makes no event that leads to a look (H27).
        boolean unused = checkRoot();
        lookForMounts();
        lastMounts = time;
      }
      List<byte[]> kept = session.kept();
      if (kept.size() > keptSent) {
        channel.send(new Report.Mounts(kept).encode());
        keptSent = kept.size();
      }
      Report.State now = state();
      boolean isOld = System.nanoTime() - lastSent >= REPORT_AT_LEAST.toNanos();
      if (isOld || !now.equals(last)) {
        channel.send(now.encode());
        last = now;
        lastSent = System.nanoTime();
      }
      awaitEnd(REPORT_INTERVAL, false);
    }
  }

  private void halt(String why) {
    lock.lock();
    try {
      halted = why;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitEnd(Duration max, boolean evenHalted) throws InterruptedException {
    lock.lock();
    try {
      long left = max.toNanos();
      while (left > 0 && !finishing && (evenHalted || halted == null)) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private Report.State state() {
    WatchState seen = watch.state();
    lock.lock();
    try {
      long now = System.nanoTime();
      List<String> problems = new ArrayList<>();
      for (Problem problem : pending.problems(Report.PROBLEMS_MAX)) {
        problems.add(Report.shortened(problem.toString()));
      }
      return new Report.State(
          live,
          pending.size(),
          TimeUnit.NANOSECONDS.toMillis(now - pending.since(now)),
          seen.reason().isEmpty() ? seen.rung() : seen.rung() + " (" + seen.reason() + ")",
          warning(seen, session.limits()),
          seen.overflows(),
          root.identity(),
          isEmpty,
          session.counters(),
          problems,
          pending.first(Report.WAITING_MAX));
    } finally {
      lock.unlock();
    }
  }

  private static String warning(WatchState seen, List<String> limits) {
    List<String> all = new ArrayList<>();
    String late = warning(seen);
    if (!late.isEmpty()) {
      all.add(late);
    }
    all.addAll(limits);
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
