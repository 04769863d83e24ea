package dev.godwit.sync.copy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The looks of a series that wait, and those that are under way. Two that touch the same directory
 * are never under way at once: otherwise an old content that was read for the first could arrive
 * after the new content that was read for the second. All methods may be called by any thread.
 */
final class SeriesQueue {
  /** Looks that callers may have waiting; those that looks lead to do not count. */
  private static final int WAITING_MAX = 64;

  /** In these together: what the target does not take is kept somewhere that is bounded (H26). */
  private static final int WAITING_PLACES_MAX = 100_000;

  /** A look at everything goes on, too, however much changes. */
  private static final int OVERTAKEN_MAX = 16;

  /** So many of those that wait are looked through for one that may begin. */
  private static final int LOOKED_THROUGH_MAX = 16;

  private enum Kind {
    /** Somebody has asked for it. */
    ASKED,

    /** The same, of a part of a look at everything: it gives way to the others. */
    PIECE,

    /** Another look has led to it. */
    NEXT,

    /** No look is made of it: its places are kept free of looks. */
    HOLD
  }

  /** One look. */
  static final class Entry {
    /** More than the names that one look can be at in practice; about 200 MB. */
    static final int AGAIN_MAX = 1_000_000;

    final Look look;

    /** When it was asked for; the same for all that it leads to. */
    final long order;

    /** How many looks led to it because something moved meanwhile. */
    final int depth;

    /** Wants to know what it changes; null: nobody does. */
    final SeriesSource.@Nullable Changed told;

    /** To which is added what it has seen; null: to nothing. */
    final @Nullable SeenCount seen;

    private final Kind kind;

    /** How many looks that were asked for later go before it. */
    private int overtaken;

    /** What is to be looked at once more. Guarded by this. */
    private @Nullable Look next;

    private int again;

    private @Nullable Footprint footprint;

    private Entry(
        Look look,
        long order,
        int depth,
        SeriesSource.@Nullable Changed told,
        @Nullable SeenCount seen,
        Kind kind) {
      this.look = look;
      this.order = order;
      this.depth = depth;
      this.told = told;
      this.seen = seen;
      this.kind = kind;
    }

    /**
     * Notes a name, which may have moved since it was listed.
     *
     * @throws IllegalArgumentException when the path leads out, or these are more than there may be
     */
    synchronized void again(byte[] path) {
      var unused = noted(path);
    }

    /**
     * The same, with all below it if it is a directory.
     *
     * @param suspectSince as in {@link Look#tree(byte[], long)}
     */
    synchronized void againWithAll(byte[] path, long suspectSince) {
      var unused = noted(path).tree(path, suspectSince);
    }

    private Look noted(byte[] path) {
      if (++again > AGAIN_MAX) {
        throw new IllegalArgumentException("too many names are to be looked at once more");
      }
      Look look = next == null ? new Look() : next;
      next = look;
      return look.names(Paths.parent(path), List.of(Paths.name(path)), true);
    }

    synchronized @Nullable Look next() {
      return next;
    }

    private Footprint footprint() {
      Footprint known = footprint;
      if (known == null) {
        known = new Footprint(look);
        footprint = known;
      }
      return known;
    }
  }

  /** What a look may touch. */
  private static final class Footprint {
    /** With everything below. */
    private final Set<Look.Key> trees = new HashSet<>();

    /** Directories of which some names are looked at. */
    private final Set<Look.Key> directories = new HashSet<>();

    /** All directories above any of these. */
    private final Set<Look.Key> above = new HashSet<>();

    Footprint(Look look) {
      add(look.root(), Paths.NONE);
    }

    private void add(Look.Node node, byte[] path) {
      Look.Key key = new Look.Key(path);
      if (node.isTree || node.below.isEmpty() && path.length > 0) {
        trees.add(key);
      } else if (node.isAsked) {
        directories.add(key);
      }
      OldName old = node.cameFrom;
      if (old != null) {
        trees.add(new Look.Key(old.path())); // it may be taken from there
        directories.add(new Look.Key(Paths.parent(old.path())));
      }
      if (!node.below.isEmpty()) {
        above.add(key);
      }
      for (Map.Entry<Look.Key, Look.Node> one : node.below.entrySet()) {
        add(one.getValue(), Paths.join(path, one.getKey().name()));
      }
    }

    boolean meets(Footprint other) {
      return isIn(other)
          || other.isIn(this)
          || !java.util.Collections.disjoint(directories, other.directories);
    }

    /** Whether something of this one is in a tree of the other, or above one. */
    private boolean isIn(Footprint other) {
      for (Look.Key tree : trees) {
        if (other.above.contains(tree) || other.covers(tree)) {
          return true;
        }
      }
      for (Look.Key directory : directories) {
        if (other.covers(directory)) {
          return true;
        }
      }
      return false;
    }

    private boolean covers(Look.Key path) {
      for (byte[] up = path.name(); ; up = Paths.parent(up)) {
        if (trees.contains(new Look.Key(up))) {
          return true;
        }
        if (up.length == 0) {
          return false;
        }
      }
    }
  }

  private final ReentrantLock lock = new ReentrantLock();

  /** Another look may begin. */
  private final Condition mayTake = lock.newCondition();

  /** There is room for another one, or one of those that were asked for has ended. */
  private final Condition hasEnded = lock.newCondition();

  private final List<Entry> waiting = new ArrayList<>();
  private final List<Entry> active = new ArrayList<>();
  private final Runnable whenDone;
  private long asked;
  private int waitingAsked;
  private int waitingPlaces;
  private boolean closed;

  SeriesQueue() {
    this(() -> {});
  }

  /**
   * @param whenDone told of the end of each look; does not wait
   */
  SeriesQueue(Runnable whenDone) {
    this.whenDone = whenDone;
  }

  /** Waits while too many are waiting already. */
  void ask(Look look, @Nullable SeenCount seen) throws InterruptedException {
    ask(look, null, seen, Kind.ASKED);
  }

  /** See {@link SeriesSource#piece}. */
  void askPiece(Look look, SeriesSource.@Nullable Changed told, @Nullable SeenCount seen)
      throws InterruptedException {
    ask(look, told, seen, Kind.PIECE);
  }

  private void ask(
      Look look, SeriesSource.@Nullable Changed told, @Nullable SeenCount seen, Kind kind)
      throws InterruptedException {
    lock.lock();
    try {
      while (!closed && !hasRoomFor(look)) {
        hasEnded.await();
      }
      waitingAsked++;
      waitingPlaces += look.places();
      waiting.add(placeOf(kind), new Entry(look, asked++, 0, told, seen, kind));
      mayTake.signal(); // nothing else may begin than what has come
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoomFor(Look look) {
    return waitingAsked == 0
        || waitingAsked < WAITING_MAX && waitingPlaces + look.places() <= WAITING_PLACES_MAX;
  }

  /** Where in the order a new one waits: before pieces, which are looked at for no change. */
  private int placeOf(Kind kind) {
    int at = waiting.size();
    if (kind == Kind.ASKED) {
      for (; at > 0 && waiting.get(at - 1).kind == Kind.PIECE; at--) {
        if (waiting.get(at - 1).overtaken == OVERTAKEN_MAX) {
          break;
        }
        waiting.get(at - 1).overtaken++;
      }
    }
    return at;
  }

  /** The next look that touches nothing which is under way; null when the queue is closed. */
  @Nullable Entry take() throws InterruptedException {
    lock.lock();
    try {
      while (!closed) {
        for (int i = 0; i < Math.min(waiting.size(), LOOKED_THROUGH_MAX); i++) {
          if (waiting.get(i).kind != Kind.HOLD && mayBegin(i)) {
            Entry entry = waiting.remove(i);
            active.add(entry);
            if (entry.kind != Kind.NEXT) {
              waitingAsked--;
              waitingPlaces -= entry.look.places();
              hasEnded.signalAll();
            }
            if (waiting.size() >= LOOKED_THROUGH_MAX) {
              mayTake.signal(); // one more of them is looked through now
            }
            return entry;
          }
        }
        mayTake.await();
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until no look that was asked for before is at places of this one, and keeps those that
   * are asked for later from them until {@link #done}.
   *
   * @return null when that would take longer than {@code patience}, or the queue is closed
   */
  @Nullable Entry hold(Look places, Duration patience) throws InterruptedException {
    lock.lock();
    try {
      Entry entry = new Entry(places, asked++, 0, null, null, Kind.HOLD);
      waiting.add(entry);
      long left = patience.toNanos();
      try {
        while (!closed) {
          if (mayBegin(waiting.indexOf(entry))) {
            active.add(entry);
            return entry;
          }
          if (left <= 0) {
            return null;
          }
          left = hasEnded.awaitNanos(left);
        }
        return null;
      } finally {
        waiting.remove(entry);
        mayTake.signalAll();
        hasEnded.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean mayBegin(int at) {
    Entry entry = waiting.get(at);
    for (Entry other : active) {
      if (entry.footprint().meets(other.footprint())) {
        return false;
      }
    }
    for (Entry earlier : waiting.subList(0, at)) {
      if (entry.footprint().meets(earlier.footprint())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Everything of the look is applied or has failed.
   *
   * @param next what it leads to; null for nothing
   */
  void done(Entry entry, @Nullable Look next) {
    lock.lock();
    try {
      active.remove(entry);
      whenDone.run();
      if (next != null) {
        waiting.addFirst(new Entry(next, entry.order, entry.depth + 1, null, null, Kind.NEXT));
      }
      if (!waiting.isEmpty()) {
        mayTake.signalAll();
      }
      hasEnded.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until everything that was asked for before this call is done.
   *
   * @return false when the queue was closed first
   */
  boolean await() throws InterruptedException {
    lock.lock();
    try {
      long before = asked;
      while (!closed) {
        if (isDone(waiting, before) && isDone(active, before)) {
          return true;
        }
        hasEnded.await();
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until no look is under way, or the time is over. */
  void awaitRest(Duration limit) throws InterruptedException {
    lock.lock();
    try {
      long left = limit.toNanos();
      while (left > 0 && !closed && !active.isEmpty()) {
        left = hasEnded.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private static boolean isDone(List<Entry> entries, long before) {
    for (Entry entry : entries) {
      if (entry.order < before) {
        return false;
      }
    }
    return true;
  }

  /** How many looks are waiting or under way. */
  int size() {
    lock.lock();
    try {
      return waiting.size() + active.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many pieces are waiting or under way. */
  int pieces() {
    lock.lock();
    try {
      return pieces(waiting) + pieces(active);
    } finally {
      lock.unlock();
    }
  }

  private static int pieces(List<Entry> entries) {
    int pieces = 0;
    for (Entry entry : entries) {
      pieces += entry.kind == Kind.PIECE ? 1 : 0;
    }
    return pieces;
  }

  /** Ends all waiting. */
  void close() {
    lock.lock();
    try {
      closed = true;
      mayTake.signalAll();
      hasEnded.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
