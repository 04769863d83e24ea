package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Extent;
import dev.godwit.sync.Problem;
import dev.godwit.sync.copy.SeenCount;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What changed at the source and is not known to be on the target.
 *
 * <p>Invariant: a change is in the dirty set, in a look that is not confirmed, in what failed, or
 * on the target.
 *
 * <p>Pure; times are System.nanoTime() and given by the caller. Not safe for threads.
 */
final class Pending {
  /** Looks that were handed over and are not known to be applied. */
  private static final class Fed {
    final long generation;
    final int changes;
    final long since;
    final List<Looks.Path> paths;

    /** Whether nothing has changed, and somebody only looks. */
    final @Nullable AuditPiece audit;

    Fed(
        long generation,
        int changes,
        long since,
        List<Looks.Path> paths,
        @Nullable AuditPiece audit) {
      this.generation = generation;
      this.changes = changes;
      this.since = since;
      this.paths = paths;
      this.audit = audit;
    }
  }

  private static final long ON_ITS_WAY_NANOS = Duration.ofMillis(50).toNanos();

  /** What is more is found by the next look at it. */
  private static final int MISPLACED_MAX = 1000;

  private final DirtySet dirty;
  private final Set<String> misplaced = new LinkedHashSet<>();
  private long leftOut;
  private String lastLeftOut = "";

  /** See {@link #takeLast}. */
  private @Nullable String last;

  private final RenamedFiles files = new RenamedFiles();
  private final Retries retries = new Retries();
  private final Deque<Fed> unconfirmed = new ArrayDeque<>();
  private long generation;
  private List<String> parts = List.of("");
  private @Nullable Tour tour;
  private @Nullable AuditTour audit;
  private long directories;

  /** What the last look at everything has seen that is at its end; null before there was one. */
  private @Nullable SeenCount seen;

  /** The same of one that is not known to be at its end, and what generation it ends with. */
  private @Nullable SeenCount seeing;

  private long seeingUpTo;

  /** Whether all that happened until the last piece of the audit ended is known to be told. */
  private boolean isAuditTold;

  /**
   * @param delay the pause after each look at a name; zero for one that grows
   */
  Pending(Duration delay) {
    dirty = new DirtySet(delay);
  }

  /** A change was seen. */
  void changed(String path, Scope scope, long now) {
    changed(path, scope, false, now);
  }

  /** The name of which a change was told last, since this was asked last; null for none. */
  @Nullable String takeLast() {
    String path = last;
    last = null;
    return path;
  }

  /**
   * The same.
   *
   * @param isSaved whether a program has closed it after writing
   */
  void changed(String path, Scope scope, boolean isSaved, long now) {
    last = path;
    dirty.add(path, scope, isSaved, now);
  }

  /** See {@link DirtySet#weigh}. */
  void weigh(String path, long bytes) {
    dirty.weigh(path, bytes);
  }

  /** A file was renamed: both names were told before. */
  void fileRenamed(String from, String to) {
    String origin = files.renamed(from, to);
    dirty.together(from, to);
    // It may have been put back: then it would be taken for removed before the new name is seen.
    dirty.together(origin, to);
  }

  /** The files among these looks that were renamed: their old names, by the new ones. Told once. */
  Map<String, String> renamedFiles(Looks looks) {
    return files.take(looks);
  }

  /**
   * A renamed file has left its new name as well: both names are looked at a little later, when it
   * may be known where it is.
   *
   * @param ticket of the watch, for all that has happened by now
   * @param told the newest ticket of which all was told
   * @return false when nothing more can be told of it
   */
  boolean isOnItsWay(String from, String to, long now, long ticket, long told) {
    if (!files.putBack(from, to, ticket, told)) {
      return false;
    }
    dirty.retry(from, Scope.CONTENT, now, now + ON_ITS_WAY_NANOS);
    dirty.retry(to, Scope.CONTENT, now, now + ON_ITS_WAY_NANOS);
    return true;
  }

  /** Is to be looked at without a pause. */
  void isDue(String path, Scope scope, long now) {
    dirty.retry(path, scope, now, now);
  }

  /** Makes everything due that failed. */
  void failedIsDue(long now) {
    for (String path : retries.paths()) {
      isDue(path, retryScope(path), now);
    }
  }

  /** The root fails as a whole, and its content is nothing but names. */
  private static Scope retryScope(String path) {
    return path.isEmpty() ? Scope.TREE : Scope.RETRY;
  }

  /** When the next look is due; null when there is none. */
  @Nullable Long nextDue() {
    return dirty.nextDue();
  }

  /** Takes what is due, or all, as the looks of a new generation; none when there is nothing. */
  Looks take(boolean all, long now) {
    Looks looks = all ? dirty.all(now, generation + 1) : dirty.due(now, generation + 1);
    if (!looks.isEmpty()) {
      generation++;
      if (looks.isWhole()) {
        seesAll(new SeenCount());
      }
      retries.looking(looks, generation);
      unconfirmed.add(new Fed(generation, looks.changes(), looks.since(), looks.paths(), null));
    }
    return looks;
  }

  /** With what was taken last everything is looked at. */
  private void seesAll(SeenCount count) {
    seeing = count;
    seeingUpTo = generation;
  }

  /**
   * To which is added what these looks see, taken just now: null where they are not at everything.
   */
  @Nullable SeenCount seenBy(Looks looks) {
    return looks.isWhole() ? seeing : null;
  }

  /**
   * What the source has, by the last look at everything; by the first one as far as it has come.
   */
  Extent extent() {
    if (seen != null) {
      return seen.now();
    }
    if (seeing != null) {
      return seeing.now();
    }
    return tour == null || !tour.isWhole() ? Extent.NONE : tour.seen.now();
  }

  /** Names are looked at, in a generation of their own, of which no change told. */
  void looking(Collection<String> names, long since) {
    generation++;
    unconfirmed.add(new Fed(generation, names.size(), since, new ArrayList<>(), null));
    lookingToo(names);
  }

  /** These names are looked at together with what was taken last. */
  void lookingToo(Collection<String> names) {
    Fed last = unconfirmed.peekLast();
    if (last != null) {
      names.forEach(name -> last.paths.add(new Looks.Path(name, Scope.CONTENT)));
    }
  }

  // ---- a look at everything, in pieces

  /**
   * The root, and the mounts that take part: what is looked at in pieces when changes in it were
   * lost.
   *
   * @param paths the root's is empty
   */
  void areParts(List<String> paths) {
    parts = List.copyOf(paths);
  }

  /** Begins a tour if all of a part is to be looked at; one that is under way begins again. */
  void beginTour(long now) {
    List<String> tops = new ArrayList<>();
    long since = tour == null ? now : tour.since();
    for (String part : parts) {
      // Only one look at all of it says that it does not fail any more.
      Long of = retries.has(part) ? null : dirty.takeTree(part, now);
      if (of != null) {
        tops.add(part);
        since = Math.min(since, of);
      }
    }
    if (!tops.isEmpty()) {
      tops.addAll(tour == null ? List.of() : tour.tops());
      tour = new Tour(new LinkedHashSet<>(tops), since);
    }
  }

  @Nullable Tour tour() {
    return tour;
  }

  /** The tour that is under way begins again. */
  void beginTourAnew() {
    tour = tour == null ? null : new Tour(tour.tops(), tour.since());
  }

  /**
   * How many directories the tree has, by the last look at everything; by the first one as far as
   * it has come.
   */
  long directories() {
    Tour first = directories == 0 ? tour : null;
    return first == null ? directories : first.taken();
  }

  /**
   * The tour is at its end, or what is left of it is made due. What came to its place meanwhile may
   * have come from where the tour was not yet.
   */
  void endTour(long now) {
    Tour ending = tour;
    if (ending != null) {
      tour = null;
      if (ending.isAtEnd() && ending.isWhole()) {
        directories = ending.taken();
        seesAll(ending.seen);
      }
      ending.rest().forEach(path -> isDue(path, Scope.TREE, now));
      dirty.doubtArrivals();
    }
  }

  /** Directories are looked at, in a generation of their own. */
  void lookingAt(List<String> directories, Collection<String> others, Tour of) {
    looking(others, of.since());
    addLast(directories, Scope.TREE);
  }

  private void addLast(List<String> directories, Scope scope) {
    Fed last = unconfirmed.getLast();
    directories.forEach(path -> last.paths.add(new Looks.Path(path, scope)));
  }

  // ---- audits

  /** One that is under way is given up. */
  void beginAudit(AuditTour one) {
    audit = one;
    isAuditTold = false;
  }

  @Nullable AuditTour audit() {
    return audit;
  }

  /** As {@link #lookingAt(List, Collection, Tour)}, of an audit. */
  void lookingAt(List<String> directories, Collection<String> others, AuditPiece piece) {
    generation++;
    unconfirmed.add(new Fed(generation, 0, piece.began, new ArrayList<>(), piece));
    lookingToo(others);
    addLast(directories, piece.of.scope());
    piece.of.begun(piece);
  }

  /** Whether a piece of an audit is among the looks up to a generation. */
  boolean isAuditing(long upTo) {
    return unconfirmed.stream().anyMatch(fed -> fed.audit != null && fed.generation <= upTo);
  }

  /**
   * Whether a directory that is renamed may have been renamed while an audit looked at it: which it
   * did not do to the end then.
   */
  boolean isInDoubt() {
    return isAuditing(generation) || audit != null && !isAuditTold;
  }

  /**
   * Says what has become of the pieces of the audit up to a generation; to be called before {@link
   * #confirmed}, because what changed at the source meanwhile is known until then.
   *
   * @param isTold whether all that happened before they ended is known
   */
  void audited(long upTo, boolean isTold, long now) {
    boolean isKnown = isTold && tour == null;
    for (Fed fed : unconfirmed) {
      AuditPiece piece = fed.audit;
      if (piece != null && fed.generation <= upTo) {
        Unsettled unsettled = piece.hasChanged() ? unsettled() : new Unsettled();
        piece.of.ended(piece, piece.drift(path -> !isKnown || unsettled.has(path)), now);
      }
    }
    isAuditTold = isTold;
    dirty.doubtArrivals();
  }

  private Unsettled unsettled() {
    Unsettled unsettled = new Unsettled();
    dirty.around("").forEach(unsettled::add);
    retries.paths().forEach(path -> unsettled.add(new Looks.Path(path, retryScope(path))));
    for (Fed fed : unconfirmed) {
      if (fed.audit == null) {
        fed.paths.forEach(unsettled::add);
      }
    }
    return unsettled;
  }

  /** The audit, if it has come to its end; told once. */
  @Nullable AuditTour endedAudit() {
    AuditTour one = audit;
    if (one == null || !one.isOver()) {
      return null;
    }
    audit = null;
    directories = one.taken();
    if (one.isWhole()) {
      seen = one.seen;
    }
    return one;
  }

  // ---- directories that are renamed on the target

  /** The trees that have come to their places, as far as they are due; those above others first. */
  List<DirtySet.Arrival> arrived(boolean all, long now, int max) {
    return dirty.arrived(all, now, max);
  }

  /** The trees that have come to their places and are not due yet; those above others first. */
  List<DirtySet.Arrival> arriving(long now, int max) {
    return dirty.arriving(now, max);
  }

  /** The paths that are due. */
  List<String> due(long now) {
    return dirty.duePaths(now);
  }

  /** A directory came to the place where its copy is already. */
  void isKnown(DirtySet.Arrival arrival) {
    dirty.isKnown(arrival);
  }

  /** Whether nothing is pending of the names in a directory. */
  boolean isUntouched(String directory) {
    for (Looks.Path one : around(directory)) {
      boolean isIn = !one.path().equals(directory) && PathText.parent(one.path()).equals(directory);
      if (isIn || one.scope().doubt()) {
        return false;
      }
    }
    return true;
  }

  /**
   * A directory was renamed on the target, as it was at the source. What was pending below its old
   * name is pending below the new one as well, and both names are looked at.
   *
   * @param to what told that it came there
   * @param isExchanged whether what stood at {@code to} is at {@code from} now
   * @param isTrusted whether what is not pending is as equal as it was
   */
  void renamed(String from, DirtySet.Arrival to, boolean isExchanged, boolean isTrusted, long now) {
    List<Looks.Path> moved = around(from);
    List<Looks.Path> others = isExchanged ? around(to.path()) : List.of();
    if (isTrusted) {
      dirty.isKnown(to);
    } else {
      isDue(to.path(), Scope.NEW_TREE, now);
    }
    carry(moved, from, to.path(), now);
    carry(others, to.path(), from, now);
    auditAt(from, to.path(), now);
    if (isExchanged) {
      auditAt(to.path(), from, now);
    }
    files.moved(from, to.path(), isExchanged);
    isDue(from, Scope.NAME, now);
    isDue(to.path(), Scope.NAME, now);
    if (PathText.isAtOrBelow(to.path(), from)) {
      isDue(from, Scope.TREE, now); // a new one, made for what is in it
    } else if (PathText.isAtOrBelow(from, to.path())) {
      isDue(PathText.firstBelow(from, to.path()), Scope.TREE, now); // likewise
    }
    dirty.mayBeTaken(from, now + ON_ITS_WAY_NANOS);
  }

  private void auditAt(String from, String to, long now) {
    if (audit != null && !audit.renamed(from, to)) {
      isDue(to, Scope.NEW_TREE, now);
    }
  }

  /** Of these places below {@code from} it is not known what they are; they are elsewhere now. */
  void isUnknown(List<byte[]> places, String from, String to, long now) {
    for (byte[] place : places) {
      isDue(to + PathText.of(place).substring(from.length()), Scope.NEW_TREE, now);
    }
  }

  private void carry(List<Looks.Path> paths, String from, String to, long now) {
    for (Looks.Path one : paths) {
      boolean isBelow =
          one.path().length() > from.length() && PathText.isAtOrBelow(one.path(), from);
      if (isBelow) {
        isDue(to + one.path().substring(from.length()), one.scope(), now);
      } else if (one.scope().tree() && one.scope().doubt()) {
        isDue(to, one.scope(), now); // which of the directories was there does not matter
      }
    }
  }

  /** All that is pending at, below or above a path. */
  private List<Looks.Path> around(String path) {
    List<Looks.Path> around = dirty.around(path);
    for (Fed fed : unconfirmed) {
      for (Looks.Path one : fed.paths) {
        add(around, one, path);
      }
    }
    for (String failed : retries.paths()) {
      add(around, new Looks.Path(failed, retryScope(failed)), path);
    }
    return around;
  }

  private static void add(List<Looks.Path> around, Looks.Path one, String path) {
    if (PathText.isAtOrBelow(one.path(), path) || PathText.isAtOrBelow(path, one.path())) {
      around.add(one);
    }
  }

  /**
   * A look has done nothing at a place, because a directory of the target is to be renamed first.
   *
   * @param isTop whether it is the place of the directory, and not one in it
   */
  void leftOut(String path, boolean isTop, Scope scope, long now) {
    if (isTop) {
      leftOut++;
      lastLeftOut = path;
      if (misplaced.size() < MISPLACED_MAX) {
        misplaced.add(path);
      }
    }
    dirty.add(path, scope, now);
  }

  /** The places at which the target may have the copies of directories that are elsewhere; once. */
  List<String> takeMisplaced() {
    List<String> taken = List.copyOf(misplaced);
    misplaced.clear();
    return taken;
  }

  /** How many places looks have left out. */
  long leftOut() {
    return leftOut;
  }

  /** The last of them. */
  String lastLeftOut() {
    return lastLeftOut;
  }

  // ---- what comes of looks

  /** Of the last looks that were taken. */
  long generation() {
    return generation;
  }

  /**
   * All looks up to a generation have come to their end.
   *
   * @param result what failed
   * @return what has failed by now and not been put right since
   */
  BarrierResult confirmed(long upTo, BarrierResult result, long now) {
    boolean everything = result.failures() > result.first().size();
    for (Problem problem : result.first()) {
      String path = PathText.of(problem.path());
      everything |= retries.isFull();
      if (!retries.isFull()) {
        dirty.failed(path, retryScope(path), now, now + retries.failed(path, problem, now));
      }
    }
    if (everything) {
      // More failures than are named: only looking at everything finds them all again.
      Problem last = result.first().getLast();
      dirty.retry("", Scope.TREE, now, now + retries.failed("", last, now));
    }
    if (seeing != null && seeingUpTo <= upTo) {
      seen = seeing;
      seeing = null;
    }
    retries.confirm(upTo);
    dirty.confirm(upTo);
    while (!unconfirmed.isEmpty() && unconfirmed.peek().generation <= upTo) {
      unconfirmed.remove();
    }
    // A path may have failed in several looks; it is one failure.
    return new BarrierResult(
        everything ? Math.max(result.failures(), retries.size()) : retries.size(),
        retries.problems(BarrierResult.SHOWN_MAX));
  }

  boolean isUnconfirmed() {
    return !unconfirmed.isEmpty();
  }

  /** Whether a look at this path and all below it is under way. */
  boolean isLookedThrough(String path) {
    if (tour != null && (tour.isWhole() ? path.isEmpty() : tour.tops().contains(path))) {
      return true;
    }
    for (Fed fed : unconfirmed) {
      for (Looks.Path one : fed.paths) {
        if (fed.audit == null && one.scope().tree() && one.path().equals(path)) {
          return true;
        }
      }
    }
    return false;
  }

  /** When the oldest failure was first told of; {@code otherwise} when there is none. */
  long failingSince(long otherwise) {
    return retries.since(otherwise);
  }

  /** When the oldest change was seen; {@code otherwise} when there is none. */
  long since(long otherwise) {
    long since = retries.since(dirty.since(otherwise));
    since = tour == null ? since : Math.min(since, tour.since());
    for (Fed fed : unconfirmed) {
      since = fed.audit == null ? Math.min(since, fed.since) : since;
    }
    return since;
  }

  /** How many names these are. */
  long size() {
    return dirty.size()
        + (tour == null ? 0 : 1)
        + unconfirmed.stream().mapToLong(fed -> fed.changes).sum();
  }

  /** Some of the paths that wait, for people; those that have waited longest are among them. */
  List<String> first(int max) {
    return dirty.first(max);
  }

  /** Some of the problems. */
  List<Problem> problems(int max) {
    return retries.problems(max);
  }
}
