package dev.godwit.mirror;

import dev.godwit.sync.copy.SeenCount;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A look at everything that nobody needs to know what changed: in pieces, with pauses in between,
 * and to be gone on with later from its {@link AuditPlace}. Changes and barriers do not wait for
 * it.
 *
 * <p>Invariant: each directory was looked at since the audit began, is still to come, or came to
 * its place anew. One that is renamed before it was looked at is looked at where it is then.
 *
 * <p>Pure; times are System.nanoTime() and given by the caller. Not safe for threads.
 */
final class AuditTour implements Walk {
  /** Pieces that may be under way, or have ended and nobody knows it, where there are no pauses. */
  private static final int PIECES_MAX = 50;

  private final Control.Audit order;
  private final long cameSince;

  /** What its looks have seen. */
  final SeenCount seen = new SeenCount();

  private final Deque<String> left = new ArrayDeque<>();
  private AuditPlace place;

  /** What earlier parts have passed. */
  private @Nullable String passed;

  /** Whether {@link #left} is of the first of those that are looked at again. */
  private boolean isAgain;

  private int underWay;
  private long taken;

  /** Directories were taken for a piece that is not begun yet: earlier ones may end meanwhile. */
  private boolean isTaken;

  private long nextPiece;
  private boolean isOver;
  private Drift drift = Drift.NONE;

  /**
   * @param cameSince a directory that an earlier part has passed, and whose inode was changed since
   *     then, may have come to its place while nobody watched: in nanoseconds since 1970
   */
  AuditTour(Control.Audit order, long cameSince, long now) {
    this.order = order;
    this.cameSince = cameSince;
    this.place = order.place();
    this.passed = order.place().upTo();
    this.nextPiece = now;
    left.add("");
  }

  Control.Audit order() {
    return order;
  }

  AuditPlace place() {
    return place;
  }

  Drift drift() {
    return drift;
  }

  /** What of its directories is looked at. */
  Scope scope() {
    return order.content() ? Scope.NEW_TREE : Scope.TREE;
  }

  /** How long until the next piece may be begun; Long.MAX_VALUE: not before one has ended. */
  long untilPiece(long now) {
    if (isOver || underWay > 0 && (left.isEmpty() || order.isPaced() || underWay >= PIECES_MAX)) {
      return Long.MAX_VALUE;
    }
    return Math.max(0, nextPiece - now);
  }

  @Override
  public @Nullable String next() {
    String next = left.pollLast();
    isTaken |= next != null;
    taken += next == null || isAgain ? 0 : 1;
    return next;
  }

  @Override
  public void found(Collection<String> directories) {
    AuditPlace.sorted(directories).reversed().forEach(left::add);
  }

  @Override
  public boolean isPassed(String directory) {
    return !isAgain && AuditPlace.isPassed(directory, passed);
  }

  /** Those that came to their places while nobody watched are looked at again. */
  @Override
  public void foundPassed(Map<String, Long> directories) {
    List<String> stayed = new ArrayList<>();
    for (Map.Entry<String, Long> one : directories.entrySet()) {
      if (!isPassed(one.getKey()) || one.getValue() < cameSince) {
        stayed.add(one.getKey());
      } else if (!lookAgain(one.getKey())) {
        beginAnew();
        return;
      }
    }
    found(stayed);
  }

  /** No piece is under way: what was passed comes first in the order. */
  private void beginAnew() {
    place = AuditPlace.START;
    passed = null;
    left.clear();
    left.add("");
    taken = 0;
  }

  /** Returns whether there is room for it. */
  private boolean lookAgain(String directory) {
    if (!place.hasRoomFor(directory)) {
      return false;
    }
    place = place.and(directory);
    return true;
  }

  /**
   * The copy of a directory got another name on the target.
   *
   * @return false when it has to be looked at there without delay
   */
  boolean renamed(String from, String to) {
    if (isAgain
        ? place.again().stream().noneMatch(one -> AuditPlace.isOneInOther(one, from))
        : place.isPast(from)) {
      return true;
    }
    return lookAgain(to);
  }

  /** The directories that were taken last, as one piece. */
  AuditPiece piece(List<String> directories, long now) {
    boolean isNew = !isAgain && !directories.isEmpty();
    return new AuditPiece(this, now, isNew ? directories.getLast() : null);
  }

  void begun(AuditPiece piece) {
    underWay++;
    isTaken = false;
    nextPiece = piece.began;
  }

  /** A piece has come to its end; in the order in which they were begun. */
  void ended(AuditPiece piece, Drift found, long now) {
    underWay--;
    drift = drift.and(found);
    nextPiece = now + order.pause(now - piece.began);
    if (piece.upTo != null) {
      place = new AuditPlace(piece.upTo, place.again());
    }
    if (underWay == 0 && left.isEmpty() && !isTaken) {
      goOn();
    }
  }

  /** Turns to the next of those that are looked at again. */
  private void goOn() {
    List<String> again = place.again();
    if (isAgain) {
      again = again.subList(1, again.size());
      place = new AuditPlace(place.upTo(), again);
    }
    isAgain = true;
    isOver = again.isEmpty();
    if (!isOver) {
      left.add(again.getFirst());
    }
  }

  /** How many directories it has come to, with those that an earlier part has looked at. */
  long taken() {
    return taken;
  }

  /** Whether its own looks are at everything, and no earlier part has looked at some of it. */
  boolean isWhole() {
    return order.place().equals(AuditPlace.START);
  }

  /** Whether everything was looked at. */
  boolean isOver() {
    return isOver;
  }
}
