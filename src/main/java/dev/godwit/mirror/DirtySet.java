package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The paths that changed and were not looked at since, and when each is due.
 *
 * <p>The first change of a quiet name is due at once. A name that goes on changing is looked at in
 * growing intervals, so many changes become one look, yet it is looked at for as long as they go
 * on. A name whose last look is still under way waits longer, so that looks at a large file do not
 * pile up; nor is a large file that is written to and not closed, such as a database's, copied most
 * of the time: it rests by its size. The set is bounded: names become directories, directories
 * become everything (H26).
 *
 * <p>Pure; times are System.nanoTime() and given by the caller. Not safe for threads.
 */
final class DirtySet {
  /** Lets the burst of system calls that makes up one save come to its end. */
  static final long GATHER_NANOS = Duration.ofMillis(1).toNanos();

  /** What comes after the close: permissions, times, the rename into place. */
  static final long GATHER_SAVED_NANOS = GATHER_NANOS / 5;

  static final long PAUSE_FIRST_NANOS = Duration.ofMillis(50).toNanos();
  static final long PAUSE_LONGEST_NANOS = Duration.ofSeconds(1).toNanos();

  /** Only while the last look has not been confirmed. */
  static final long PAUSE_UNCONFIRMED_NANOS = Duration.ofSeconds(30).toNanos();

  /**
   * A file is read on both sides and written anew on the target, at some 300 MB/s in all: with this
   * rest that takes a tenth of the time.
   */
  static final long REST_NANOS_PER_BYTE = 30;

  static final long REST_LONGEST_NANOS = Duration.ofMinutes(1).toNanos();

  static final int PATHS_MAX = 50_000;
  private static final int PACES_MAX = 20_000;

  private static final class Dirty {
    final String path;
    final long since;
    Scope scope;
    long due;

    /** The number of the last change. */
    long change;

    Dirty(String path, Scope scope, long since, long due) {
      this.path = path;
      this.scope = scope;
      this.since = since;
      this.due = due;
    }
  }

  /** The number of a change that nobody told. */
  static final long UNTOLD = -1;

  /**
   * A tree that came to a path.
   *
   * @param change the number of the last change that was told of the path; or {@link #UNTOLD}
   */
  record Arrival(String path, long change) {}

  /**
   * How often a name has been looked at lately.
   *
   * @param rest the pause for a change that leaves the file open
   */
  private record Pace(long lastLook, long pause, long rest, long generation) {
    long end(boolean isSaved) {
      return lastLook + (isSaved ? pause : Math.max(pause, rest));
    }
  }

  private final int pathsMax;
  private final long pauseFirst;
  private final long pauseLongest;
  private final boolean isPauseFixed;
  private final Map<String, Dirty> dirty = new LinkedHashMap<>();

  private final PriorityQueue<Dirty> byDue =
      new PriorityQueue<>(Comparator.comparingLong((Dirty d) -> d.due));

  private final Map<String, Pace> paces =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Pace> eldest) {
          return size() > PACES_MAX;
        }
      };
  private long confirmed;
  private long changes;

  DirtySet() {
    this(PATHS_MAX);
  }

  DirtySet(int pathsMax) {
    this(pathsMax, Duration.ZERO);
  }

  /**
   * @param delay the pause after each look at a name; zero for one that grows
   */
  DirtySet(Duration delay) {
    this(PATHS_MAX, delay);
  }

  private DirtySet(int pathsMax, Duration delay) {
    this.pathsMax = pathsMax;
    isPauseFixed = !delay.isZero();
    pauseFirst = delay.isZero() ? PAUSE_FIRST_NANOS : delay.toNanos();
    pauseLongest = delay.isZero() ? PAUSE_LONGEST_NANOS : delay.toNanos();
  }

  /** A change was seen. */
  void add(String path, Scope scope, long now) {
    add(path, scope, false, now);
  }

  /**
   * The same.
   *
   * @param isSaved whether a program has closed it after writing
   */
  void add(String path, Scope scope, boolean isSaved, long now) {
    long gather = isSaved && !isBelowDirty(path) ? GATHER_SAVED_NANOS : GATHER_NANOS;
    add(path, scope, now, Math.max(now + gather, endOfPause(path, isSaved, now)));
  }

  /** A name that was taken is a file of this size, which has to be read. */
  void weigh(String path, long bytes) {
    if (!isPauseFixed) {
      long rest = Math.min(bytes, REST_LONGEST_NANOS / REST_NANOS_PER_BYTE) * REST_NANOS_PER_BYTE;
      paces.computeIfPresent(
          path, (name, pace) -> new Pace(pace.lastLook(), pace.pause(), rest, pace.generation()));
    }
  }

  /**
   * Whether a directory that it is in changed too: it may have come here by a rename, which is to
   * be found before something is made at its new name.
   */
  private boolean isBelowDirty(String path) {
    for (String above = path; !above.isEmpty(); ) {
      above = PathText.parent(above);
      if (dirty.containsKey(above)) {
        return true;
      }
    }
    return false;
  }

  /** A look failed and is to be repeated at {@code due}, or when a large file has had its rest. */
  void failed(String path, Scope scope, long now, long due) {
    Pace pace = paces.get(path);
    retry(path, scope, now, pace == null ? due : Math.max(due, pace.lastLook() + pace.rest()));
  }

  /** Is to be looked at again at {@code due}; changes before that come first. */
  void retry(String path, Scope scope, long now, long due) {
    add(path, scope, now, due);
  }

  private void add(String path, Scope scope, long now, long due) {
    Dirty known = dirty.get(path);
    if (known != null) {
      known.scope = known.scope.and(scope);
      known.change = ++changes;
      if (due < known.due) {
        byDue.remove(known);
        known.due = due;
        byDue.add(known);
      }
      return;
    }
    if (dirty.size() >= pathsMax) {
      merge();
    }
    Dirty fresh = new Dirty(path, scope, now, due);
    fresh.change = ++changes;
    dirty.put(path, fresh);
    byDue.add(fresh);
  }

  private long endOfPause(String path, boolean isSaved, long now) {
    Pace pace = paces.get(path);
    return pace == null ? now : pace.end(isSaved);
  }

  /** A file was renamed: its old name is looked at no sooner than its new one. */
  void together(String from, String to) {
    Dirty old = dirty.get(from);
    Dirty young = dirty.get(to);
    if (old != null && young != null && old.due < young.due) {
      byDue.remove(old);
      old.due = young.due;
      byDue.add(old);
    }
  }

  /** Makes half of the room free, in the directories with the most dirty names first. */
  private void merge() {
    Map<String, List<Dirty>> byParent = new HashMap<>();
    for (Dirty one : dirty.values()) {
      byParent.computeIfAbsent(PathText.parent(one.path), key -> new ArrayList<>()).add(one);
    }
    List<Map.Entry<String, List<Dirty>>> largest = new ArrayList<>(byParent.entrySet());
    largest.sort(Comparator.comparingInt(e -> -e.getValue().size()));
    for (Map.Entry<String, List<Dirty>> directory : largest) {
      if (dirty.size() <= pathsMax / 2) {
        break;
      }
      if (directory.getKey().isEmpty() || directory.getValue().size() == 1) {
        // The root's own names, or as many directories as names: no smaller unit is left.
        replace(new ArrayList<>(dirty.values()), "");
        break;
      }
      replace(directory.getValue(), directory.getKey());
    }
    byDue.clear();
    byDue.addAll(dirty.values());
  }

  /** Leaves {@link #byDue} to the caller. */
  private void replace(Collection<Dirty> several, String path) {
    long since = several.stream().mapToLong(d -> d.since).min().orElseThrow();
    long due = several.stream().mapToLong(d -> d.due).min().orElseThrow();
    // Single names that were written are found again by the time of their last change.
    Scope scope = Scope.TREE;
    for (Dirty one : several) {
      dirty.remove(one.path, one);
      scope = one.scope.treeContent() ? scope.and(one.scope) : scope;
    }
    Dirty known = dirty.remove(path);
    if (known != null) {
      since = Math.min(since, known.since);
      due = Math.min(due, known.due);
      scope = scope.and(known.scope);
    }
    dirty.put(path, new Dirty(path, scope, since, due));
  }

  /** The trees that have come to their places, as far as they are due; those above others first. */
  List<Arrival> arrived(boolean all, long now, int max) {
    return arrived(one -> all || one.due - now <= 0, max);
  }

  /** Those that are not due yet. */
  List<Arrival> arriving(long now, int max) {
    return arrived(one -> one.due - now > 0, max);
  }

  private List<Arrival> arrived(Predicate<Dirty> which, int max) {
    List<Arrival> arrived = new ArrayList<>();
    for (Dirty one : dirty.values()) {
      if (one.scope.treeContent() && !one.path.isEmpty() && which.test(one)) {
        arrived.add(new Arrival(one.path, one.change));
      }
    }
    arrived.sort(Comparator.comparingInt(one -> PathText.depth(one.path())));
    return arrived.size() > max ? arrived.subList(0, max) : arrived;
  }

  /** The paths that are due, as far as they are known one by one. */
  List<String> duePaths(long now) {
    return dirty.values().stream().filter(one -> one.due - now <= 0).map(one -> one.path).toList();
  }

  /**
   * A directory has left this name, and another one may come to it soon, which is to be known
   * before somebody looks: the look waits until {@code due}, unless a tree came there.
   */
  void mayBeTaken(String path, long due) {
    Dirty known = dirty.get(path);
    if (known != null && !known.scope.tree() && known.due < due) {
      byDue.remove(known);
      known.due = due;
      byDue.add(known);
    }
  }

  /** The paths at, below and above a path. */
  List<Looks.Path> around(String path) {
    List<Looks.Path> around = new ArrayList<>();
    for (Dirty one : dirty.values()) {
      if (PathText.isAtOrBelow(one.path, path) || PathText.isAtOrBelow(path, one.path)) {
        around.add(new Looks.Path(one.path, one.scope));
      }
    }
    return around;
  }

  /**
   * Takes the tree at a path alone, if it is due; not one that has come there just now.
   *
   * @return since when; null when it is not due
   */
  @Nullable Long takeTree(String path, long now) {
    Dirty tree = dirty.get(path);
    boolean isNew = tree != null && tree.scope.treeContent() && !path.isEmpty();
    if (tree == null || !tree.scope.tree() || isNew || tree.due - now > 0) {
      return null;
    }
    byDue.remove(tree);
    dirty.remove(path);
    return tree.since;
  }

  /** What came to its place may have come from where nobody had looked. */
  void doubtArrivals() {
    for (Dirty one : dirty.values()) {
      if (one.scope.treeContent()) {
        one.scope = one.scope.and(Scope.NEW_TREE);
      }
    }
  }

  /** A tree that has come to its place is on the target already, unless something else is told. */
  void isKnown(Arrival arrival) {
    Dirty known = dirty.get(arrival.path());
    if (known != null && known.change == arrival.change() && !known.scope.doubt()) {
      known.scope = Scope.NAME;
    }
  }

  /** Takes what is due, as the looks of one generation. */
  Looks due(long now, long generation) {
    List<Dirty> taken = new ArrayList<>();
    for (Dirty next = byDue.peek(); next != null && next.due - now <= 0; next = byDue.peek()) {
      byDue.remove();
      dirty.remove(next.path);
      taken.add(next);
    }
    return looks(taken, now, generation);
  }

  /** Takes everything, also what waits in its pause. */
  Looks all(long now, long generation) {
    List<Dirty> taken = new ArrayList<>(dirty.values());
    dirty.clear();
    byDue.clear();
    return looks(taken, now, generation);
  }

  private Looks looks(List<Dirty> taken, long now, long generation) {
    List<Looks.Path> paths = new ArrayList<>(taken.size());
    long since = now;
    for (Dirty one : taken) {
      paths.add(new Looks.Path(one.path, one.scope));
      since = Math.min(since, one.since);
      paces.merge(
          one.path,
          new Pace(now, pauseFirst, 0, generation),
          (before, first) -> new Pace(now, pauseAfter(before, now), 0, generation));
    }
    return Looks.of(paths, since);
  }

  private long pauseAfter(Pace before, long now) {
    boolean quiet = now - before.lastLook() > 4 * before.pause();
    if (before.generation() > confirmed) {
      return Math.max(pauseFirst, Math.min(2 * before.pause(), PAUSE_UNCONFIRMED_NANOS));
    }
    return quiet ? pauseFirst : Math.min(2 * before.pause(), pauseLongest);
  }

  /** Says that all looks up to this generation have come to their end. */
  void confirm(long generation) {
    confirmed = generation;
  }

  /** When the next one is due; null when there is none. */
  @Nullable Long nextDue() {
    Dirty next = byDue.peek();
    return next == null ? null : next.due;
  }

  int size() {
    return dirty.size();
  }

  /** Some of the paths; those that have waited longest are among them. */
  List<String> first(int max) {
    return dirty.keySet().stream().limit(max).map(Report::shown).toList();
  }

  /** When the oldest change in the set was seen; {@code otherwise} when there is none. */
  long since(long otherwise) {
    long since = otherwise;
    for (Dirty one : dirty.values()) {
      since = Math.min(since, one.since);
    }
    return since;
  }
}
