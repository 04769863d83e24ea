package dev.godwit.mirror;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.sync.Counters;
import dev.godwit.sync.copy.Look;
import dev.godwit.sync.copy.SeenCount;
import dev.godwit.sync.copy.SeriesSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes what is due of what changed, and hands it to the session as looks; everything, in pieces
 * with what changes in between.
 *
 * <p>Invariant: a look is made only while the root is what it was (H27).
 *
 * <p>{@link #feed} is one thread's; the rest is called by any.
 */
final class Feeder {
  /**
   * Longer than any pause between two looks at everything after lost changes, and than a page that
   * was written through a mapping can stay dirty, during which further stores leave no trace.
   */
  private static final Duration UNSEEN_AT_LEAST = Duration.ofMinutes(2);

  /** Longer than any file has stood. */
  private static final Duration EVER = Duration.ofDays(36_500);

  /**
   * Pieces of a look at everything that are under way at once: changes have room, and a barrier
   * waits for no more than these.
   */
  private static final int PIECES = 2;

  /** However much changes, a look at everything goes on in this time. */
  private static final Duration PIECE_AT_LEAST = Duration.ofMillis(100);

  /** The end of a piece is told unless the one who is told is busy. */
  private static final Duration PIECE_UNTOLD = Duration.ofMillis(10);

  /** Where most is equal by its status, and the rest may be all. */
  private static final PieceSize.Limits COMPARED = new PieceSize.Limits(32, 1024, 1L << 30);

  /** Of an audit that reads all: so long its pauses are apart, and changes there wait. */
  private static final PieceSize.Limits READ = new PieceSize.Limits(32, 1024, 64L << 20);

  /**
   * Of the first copy, where most names are made: fewer pieces have fewer waits in between. All of
   * it is sent, perhaps over a slow line.
   */
  private static final PieceSize.Limits FIRST = new PieceSize.Limits(128, 2048, 16L << 20);

  private static final Duration BREATH_PER_LOOK = Duration.ofMillis(2);
  private static final Duration BREATH_LONGEST = Duration.ofMillis(250);

  private final SourceWatches watches;
  private final SeriesSource session;
  private final MirrorSourceOptions options;
  private final MirrorRoot root;
  private final SourceState state;
  private final ReentrantLock lock;
  private final Condition due;
  private final Condition asked;

  /** Guarded by the lock. */
  private final Pending pending;

  /** Used with {@link #feeding} held. */
  private final LinkFinder links;

  /** Used with {@link #feeding} held. */
  private final DirectoryRenames renames;

  /** Null: everything is looked at where changes were lost. Used with {@link #feeding} held. */
  private final @Nullable Recent recent;

  /** Used with {@link #feeding} held. */
  private final PieceSize size = new PieceSize();

  /**
   * No more branches are looked at as a whole: a mail server that gives each mail a second name for
   * a moment would have the tour begin again for ever. Used with {@link #feeding} held.
   */
  private boolean isClose;

  /** Held while looks are taken and handed over, so that a barrier comes after both. */
  private final ReentrantLock feeding = new ReentrantLock();

  // Guarded by lock.
  private long lastFed = System.nanoTime();
  private long lastPiece = System.nanoTime();

  /** The watch's ticket for all that happened before the last directory of a tour was taken. */
  private long tourEnd;

  /**
   * @param renames used by this alone from now on, as {@code links}
   */
  Feeder(
      SourceWatches watches,
      SeriesSource session,
      MirrorSourceOptions options,
      MirrorRoot root,
      SourceState state,
      LinkFinder links,
      DirectoryRenames renames,
      @Nullable Recent recent) {
    this.watches = watches;
    this.session = session;
    this.options = options;
    this.root = root;
    this.state = state;
    this.lock = state.lock;
    this.due = state.due;
    this.asked = state.asked;
    this.pending = state.pending;
    this.links = links;
    this.renames = renames;
    this.recent = recent;
  }

  /** Makes the looks that are due, until all ends. */
  void feed() throws IOException, InterruptedException {
    while (true) {
      lock.lock();
      try {
        while (true) {
          if (state.finishing || state.halted != null) {
            return;
          }
          Long next = pending.nextDue();
          long now = System.nanoTime();
          long wait = next == null ? Long.MAX_VALUE : Math.max(next, lastFed + breath()) - now;
          if (pending.tour() != null) {
            wait = Math.min(wait, untilPiece(now));
          } else {
            wait = Math.min(wait, untilAudit(now));
          }
          if (links.isSearchWanted()) {
            wait = Math.min(wait, links.nextSearch() - now);
          }
          if (wait <= 0) {
            break;
          }
          long unused = due.awaitNanos(wait);
        }
      } finally {
        lock.unlock();
      }
      look(false);
      piece();
      audit();
      searchLinks(false);
    }
  }

  /** A look has come to its end, so the next may be due; says so unless that would wait. */
  void lookEnded() {
    if (lock.tryLock()) {
      try {
        rouse();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * What {@link #feed} waits for may be sooner; it is not woken when it waits for nothing but
   * changes. With the lock held.
   */
  void rouse() {
    if (pending.nextDue() != null
        || pending.tour() != null
        || pending.audit() != null
        || links.isSearchWanted()) {
      due.signalAll();
    }
  }

  /** How long until a piece of the tour may be handed over. With the lock held. */
  private long untilPiece(long now) {
    Tour tour = pending.tour();
    if (tour != null && tour.isAtEnd()) {
      if (tour.hasTrees() && session.pieces() > 0) {
        return PIECE_UNTOLD.toNanos(); // it may be gone through once more
      }
      return state.flushed >= tourEnd ? 0 : Long.MAX_VALUE; // the watcher tells
    }
    return untilRoom(now);
  }

  private long untilRoom(long now) {
    if (session.pieces() >= PIECES) {
      return PIECE_UNTOLD.toNanos();
    }
    return session.pending() < PIECES ? 0 : lastPiece + PIECE_AT_LEAST.toNanos() - now;
  }

  /** How long until a piece of the audit may be handed over. With the lock held. */
  private long untilAudit(long now) {
    AuditTour audit = pending.audit();
    if (audit == null || !state.live) {
      return Long.MAX_VALUE;
    }
    return Math.max(audit.untilPiece(now), untilRoom(now));
  }

  /** Hands over the next piece of the tour, if it is time. */
  private void piece() throws IOException, InterruptedException {
    feeding.lock();
    try {
      lock.lock();
      Tour of;
      try {
        Tour tour = pending.tour();
        long now = System.nanoTime();
        if (tour == null || untilPiece(now) > 0) {
          return;
        }
        tour.hasListed(session.directoriesListed());
        if (tour.hasTrees() && hasLinks()) {
          isClose = true;
          pending.beginTourAnew();
          return;
        }
        if (tour.isAtEnd()) {
          pending.endTour(now);
          state.firstEnd = pending.generation();
          // The last piece may be confirmed.
          state.becomesLive(state.firstEnd > 0 && !pending.isUnconfirmed());
          asked.signalAll();
          return;
        }
        of = tour;
        lastPiece = now;
      } finally {
        lock.unlock();
      }
      if (!root.check()) {
        return;
      }
      boolean isFirst = options.isFirst() && !state.isLive();
      PieceSize.Limits limits = isFirst ? FIRST : COMPARED;
      Counters done = session.counters();
      PieceSize.Room room = size.next(limits, done, System.nanoTime());
      int trees = isClose || state.isLive() || hasLinks() ? 0 : size.trees(done);
      if (trees > 0) {
        trees(of, trees);
        return;
      }
      Piece piece = new Piece(session, unseen(of.since()));
      gather(piece, pending::tour, room);
      taken(of, piece.directories, piece.others.names());
      session.piece(piece.look(isFirst), null, of.isWhole() ? of.seen : null);
    } finally {
      feeding.unlock();
    }
  }

  /**
   * Hands over directories with all that is below them, which the copy lists by itself: a third
   * less work than to go through them here first. What changes there waits until they are compared,
   * so this is for the time before the mirror is live, as long as nothing differs. Files with
   * several names would not all be in one look: where there are any, the tour begins again.
   */
  private void trees(Tour of, int max) throws InterruptedException {
    List<String> tops;
    lock.lock();
    try {
      tops = pending.tour() == of ? of.nextTrees(max) : List.of();
    } finally {
      lock.unlock();
    }
    long since = Look.since(unseen(of.since()));
    taken(of, tops, List.of());
    session.piece(Looker.trees(tops, since), null, of.isWhole() ? of.seen : null);
  }

  /** Whether files with several names were seen. */
  private boolean hasLinks() {
    return links.hasBelow("") || !session.knowsNoNamesBelow(Names.of(""));
  }

  /** Notes what a piece of the tour is made of, before it is handed over. */
  private void taken(Tour of, List<String> directories, Collection<String> others) {
    lock.lock();
    try {
      pending.lookingAt(directories, others, of);
      Tour tour = pending.tour();
      if (tour != null && tour.isAtEnd()) {
        tourEnd = watches.drain();
      }
      asked.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Hands over the next piece of the audit, if it is time. */
  private void audit() throws IOException, InterruptedException {
    feeding.lock();
    try {
      AuditTour of;
      long now = System.nanoTime();
      lock.lock();
      try {
        of = pending.audit();
        if (of == null || pending.tour() != null || untilAudit(now) > 0) {
          return;
        }
        lastPiece = now;
      } finally {
        lock.unlock();
      }
      if (!root.check()) {
        return;
      }
      boolean isOfContent = of.order().content();
      Piece piece = new Piece(session, isOfContent ? EVER : unseen(now));
      PieceSize.Limits limits = isOfContent ? READ : COMPARED;
      Supplier<@Nullable Walk> walk = () -> pending.audit() == of ? of : null;
      gather(piece, walk, new PieceSize.Room(limits, 1, now));
      AuditPiece audited;
      lock.lock();
      try {
        // Also when it is empty: then the audit is at its end, or has passed through an earlier
        // part of it.
        audited = of.piece(piece.directories, now);
        pending.lookingAt(piece.directories, piece.others.names(), audited);
        asked.signalAll();
      } finally {
        lock.unlock();
      }
      session.piece(piece.look(false), audited, of.seen);
    } finally {
      feeding.unlock();
    }
  }

  /**
   * Takes the next directories of a walk.
   *
   * @param walk asked with the lock held: null when somebody else has ended it
   */
  private void gather(Piece piece, Supplier<? extends @Nullable Walk> walk, PieceSize.Room room) {
    long bytes = 0;
    int names = 0;
    while (room.isLeft(piece.directories.size(), names, bytes, System.nanoTime())) {
      String directory = with(walk, Walk::next);
      if (directory == null) {
        return;
      }
      if (Boolean.TRUE.equals(with(walk, one -> one.isPassed(directory)))) {
        names += pass(directory, walk);
        continue;
      }
      LinkFinder.In in = piece.add(directory, links);
      if (in != null) {
        names += in.names();
        bytes += in.bytes();
        found(walk, one -> one.found(in.directories()));
      }
      if (directory.isEmpty()) {
        return; // while it is looked at everything else waits
      }
    }
  }

  /** Lists the directories in one that is not looked at; returns how many names it has. */
  private int pass(String path, Supplier<? extends @Nullable Walk> walk) {
    Map<String, Long> directories = new HashMap<>();
    int names = 1;
    try (DirectoryHandle in = session.directory(PathText.bytes(path))) {
      for (List<DirectoryEntry> some = in.nextEntries(); some != null; some = in.nextEntries()) {
        names += some.size();
        for (DirectoryEntry entry : some) {
          FileStatus status = isFile(entry) ? links.linked(in, entry) : in.status(entry.name());
          if (status != null && status.isDirectory()) {
            String below = PathText.join(path, PathText.of(entry.name()));
            directories.put(below, status.ctimeTotalNanos());
          }
        }
      }
    } catch (LinuxException e) {
      // Gone, or unreadable as it was when it was looked at.
    }
    found(walk, one -> one.foundPassed(directories));
    return names;
  }

  private static boolean isFile(DirectoryEntry entry) {
    return entry.type() != DirectoryEntry.DIRECTORY && entry.type() != DirectoryEntry.UNKNOWN;
  }

  private <T> @Nullable T with(
      Supplier<? extends @Nullable Walk> walk, Function<Walk, @Nullable T> asks) {
    lock.lock();
    try {
      Walk one = walk.get();
      return one == null ? null : asks.apply(one);
    } finally {
      lock.unlock();
    }
  }

  private void found(Supplier<? extends @Nullable Walk> walk, Consumer<Walk> tells) {
    lock.lock();
    try {
      Walk one = walk.get();
      if (one != null) {
        tells.accept(one);
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
  void look(boolean all) throws IOException, InterruptedException {
    feeding.lock();
    try {
      if (!root.check()) {
        return;
      }
      renames.follow(all);
      Looks looks;
      SeenCount seen;
      Map<String, String> renamed;
      lock.lock();
      try {
        long now = System.nanoTime();
        if (all) {
          pending.endTour(now); // who waits gets the rest of it at once
          state.firstEnd = Math.min(state.firstEnd, pending.generation() + 1);
        } else if (recent == null && (state.live || options.isFirst())) {
          pending.beginTour(now);
        }
        looks = pending.take(all, now);
        seen = pending.seenBy(looks);
        renamed = pending.renamedFiles(looks); // now: what is told next begins with these names
        if (looks.isEmpty()) {
          return;
        }
        lastFed = now;
        asked.signalAll();
      } finally {
        lock.unlock();
      }
      if (recent != null) {
        looks = recent.instead(looks, unseen(looks.since()));
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
        others.large().forEach(pending::weigh);
        if (!all && files.hasLeft()) { // otherwise all that happened was told
          long now = System.nanoTime();
          long ticket = watches.drain();
          files.leaveOut((from, to) -> pending.isOnItsWay(from, to, now, ticket, state.flushed));
        }
        pending.lookingToo(files.oldNames());
      } finally {
        lock.unlock();
      }
      Duration unseen = unseen(looks.since());
      for (Look first : files.looks(unseen)) {
        session.look(first);
      }
      session.look(files.rest(unseen, others), seen);
    } finally {
      feeding.unlock();
    }
  }

  /** The other names of files that were linked lately: no event says which they are. */
  void searchLinks(boolean now) throws IOException, InterruptedException {
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
        asked.signalAll();
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
      Duration before = state.live ? Duration.ZERO : options.unseen();
      return unseen.plus(before);
    } finally {
      lock.unlock();
    }
  }

  /** The number of the last looks, when all of them are handed over. */
  long fed() {
    feeding.lock();
    try {
      lock.lock();
      try {
        return pending.generation();
      } finally {
        lock.unlock();
      }
    } finally {
      feeding.unlock();
    }
  }
}
