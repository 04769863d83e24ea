package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import dev.godwit.sync.copy.SeriesRenames;
import dev.godwit.sync.copy.SeriesSource;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Lets directories that were renamed at the source be renamed on the target, before the names are
 * looked at that changed.
 *
 * <p>A directory that came to a name is known by its handle: if the target has a copy of it under
 * another name, that copy follows. What changed in it, whatever its path was at the time, is told
 * by the watch with the directory's handle, so it is pending below the name that the copy had, and
 * is carried over. Where the watch knows directories by path only, or files have several names, the
 * copy follows too, and all of it is compared afterwards. Where only paths are known, a directory
 * that was made just now is looked through for others that came into it, too.
 *
 * <p>Used by the feeder alone.
 */
final class DirectoryRenames {
  /** So many at a time are looked for; what is more is copied as if it were new. */
  private static final int ARRIVED_MAX = 1000;

  /** Of a row of directories that took each other's names so many are followed at a time. */
  private static final int ROW_MAX = 32;

  /** So many directories at a time are looked through. */
  private static final int LOOKED_THROUGH_MAX = 1000;

  private final SeriesSource session;
  private final SeriesRenames renames;
  private final LinkFinder links;
  private final ReentrantLock lock;

  /** Guarded by the lock. */
  private final Pending pending;

  private final Predicate<String> isTold;

  /**
   * @param isTold whether what happens in the directory at a path is told by its handle
   */
  DirectoryRenames(
      SeriesSource session,
      LinkFinder links,
      ReentrantLock lock,
      Pending pending,
      Predicate<String> isTold) {
    this.session = session;
    this.renames = session.renames();
    this.links = links;
    this.lock = lock;
    this.pending = pending;
    this.isTold = isTold;
  }

  /**
   * Looks for what came from elsewhere among the directories that are due.
   *
   * @param all also those that are not due yet
   */
  void follow(boolean all) throws WireException, InterruptedException {
    List<DirtySet.Arrival> arrived;
    lock.lock();
    try {
      arrived = pending.arrived(all, System.nanoTime(), ARRIVED_MAX);
    } finally {
      lock.unlock();
    }
    // Of all together: nothing else is handed over meanwhile.
    SeriesRenames.Patience patience = new SeriesRenames.Patience();
    for (DirtySet.Arrival one : arrived) {
      if (!followRow(one, patience) && !isTold.test(one.path())) {
        followInto(one, LOOKED_THROUGH_MAX / arrived.size(), patience);
      }
    }
    for (DirtySet.Arrival one : expected()) {
      var unused = followRow(one, patience);
    }
    for (String place : misplaced()) {
      followFrom(PathText.bytes(place), patience);
    }
  }

  /**
   * The directory follows that the target has at a place, or at one above it; or, where that is
   * gone, those in it that are elsewhere.
   */
  private void followFrom(byte[] place, SeriesRenames.Patience patience)
      throws WireException, InterruptedException {
    for (byte[] at : withAbove(place)) {
      byte[] now = renames.nowAt(at);
      if (now != null && !Arrays.equals(now, at)) {
        var unused = followRow(new DirtySet.Arrival(PathText.of(now), DirtySet.UNTOLD), patience);
        return; // with it goes what is in it
      }
    }
    byte[] now = renames.leftBelow(place);
    for (int i = 0; i < ROW_MAX && now != null; i++) {
      byte[] before = now;
      var unused = followRow(new DirtySet.Arrival(PathText.of(now), DirtySet.UNTOLD), patience);
      now = renames.leftBelow(place);
      if (now != null && Arrays.equals(now, before)) {
        return; // it has to wait
      }
    }
  }

  /** A path and those above it, these first. */
  private static List<byte[]> withAbove(byte[] path) {
    List<byte[]> all = new ArrayList<>();
    for (String at = PathText.of(path); !at.isEmpty(); at = PathText.parent(at)) {
      all.addFirst(PathText.bytes(at));
    }
    return all;
  }

  /** Where looks have found that the directory is elsewhere: where it is, may not be told yet. */
  private List<String> misplaced() {
    lock.lock();
    try {
      return pending.takeMisplaced();
    } finally {
      lock.unlock();
    }
  }

  /**
   * What has come to names that are not due yet, if a directory has left one that is: a name that
   * was looked at lately waits, and the one that is left does not. What the target has there would
   * be removed, and be sent again when the other name's pause is over.
   */
  private List<DirtySet.Arrival> expected() {
    List<DirtySet.Arrival> expected;
    List<String> due;
    lock.lock();
    try {
      long now = System.nanoTime();
      expected = pending.arriving(now, ARRIVED_MAX);
      due = expected.isEmpty() ? List.of() : pending.due(now);
    } finally {
      lock.unlock();
    }
    boolean isLeft = due.stream().anyMatch(path -> renames.hasLeft(PathText.bytes(path)));
    return isLeft ? expected : List.of();
  }

  /**
   * As {@link #follow(DirtySet.Arrival, SeriesRenames.Patience)}; and what has come meanwhile to
   * the name that became free, and so on: of that nothing may be told yet.
   *
   * @return whether the target had a copy of what came there
   */
  private boolean followRow(DirtySet.Arrival arrival, SeriesRenames.Patience patience)
      throws WireException, InterruptedException {
    byte[] free = follow(arrival, patience);
    boolean isThere = free != null;
    byte[] taken = PathText.bytes(arrival.path());
    for (int row = 0; row < ROW_MAX && free != null && !Arrays.equals(free, taken); row++) {
      taken = free;
      free = follow(new DirtySet.Arrival(PathText.of(taken), DirtySet.UNTOLD), patience);
    }
    return isThere;
  }

  private void followInto(DirtySet.Arrival made, int max, SeriesRenames.Patience patience)
      throws WireException, InterruptedException {
    for (byte[] moved : renames.movedInto(PathText.bytes(made.path()), max)) {
      DirtySet.Arrival one = new DirtySet.Arrival(PathText.of(moved), made.change());
      var unused = follow(one, patience);
    }
  }

  /** Where the target had a copy of what came there; null when it had none. */
  private byte @Nullable [] follow(DirtySet.Arrival arrival, SeriesRenames.Patience patience)
      throws WireException, InterruptedException {
    byte[] to = PathText.bytes(arrival.path());
    byte[] from = renames.copyOf(to);
    if (from == null) {
      return null;
    }
    if (!Arrays.equals(from, to) && followAbove(to, patience)) {
      from = renames.copyOf(to);
    }
    if (from != null) {
      follow(arrival, from, to, patience);
    }
    return from;
  }

  /**
   * What is above a directory may have come there with it, and then takes it along.
   *
   * @return whether there was anything to follow
   */
  private boolean followAbove(byte[] path, SeriesRenames.Patience patience)
      throws WireException, InterruptedException {
    List<byte[]> above = withAbove(path);
    for (byte[] at : above.subList(0, above.size() - 1)) {
      byte[] from = renames.copyOf(at);
      if (from != null && !Arrays.equals(from, at)) {
        String name = PathText.of(at);
        follow(new DirtySet.Arrival(name, DirtySet.UNTOLD), from, at, patience);
        return true;
      }
    }
    return false;
  }

  private void follow(
      DirtySet.Arrival arrival, byte[] from, byte[] to, SeriesRenames.Patience patience)
      throws WireException, InterruptedException {
    String was = PathText.of(from);
    if (was.equals(arrival.path())) {
      List<byte[]> unknown = renames.unknown(from);
      if (unknown != null && unknown.isEmpty() && isTrusted(from, unknown)) {
        lock.lock();
        try {
          pending.isKnown(arrival);
        } finally {
          lock.unlock();
        }
      }
      return;
    }
    boolean isUntouched;
    lock.lock();
    try {
      isUntouched = pending.isUntouched(was);
    } finally {
      lock.unlock();
    }
    boolean unused =
        renames.follow(
            from,
            to,
            isUntouched,
            patience,
            (isExchanged, note) -> {
              List<byte[]> unknown = renames.unknown(from);
              boolean isTrusted = isTrusted(from, unknown);
              lock.lock();
              try {
                note.run();
                pending.renamed(was, arrival, isExchanged, isTrusted, System.nanoTime());
                if (unknown != null) {
                  pending.isUnknown(unknown, was, arrival.path(), System.nanoTime());
                }
              } finally {
                lock.unlock();
              }
            });
  }

  /** Whether the copy is as equal to the directory as it was before that was renamed. */
  private boolean isTrusted(byte[] copy, @Nullable List<byte[]> unknown) {
    lock.lock();
    try {
      if (pending.tour() != null || pending.isInDoubt()) {
        return false; // nobody has looked there yet, or somebody who did not find it any more
      }
    } finally {
      lock.unlock();
    }
    return isTold.test(PathText.of(copy))
        && unknown != null
        && !links.isSearchWanted()
        && !links.hasBelow(PathText.of(copy))
        && !session.hasNamesBelow(copy);
  }
}
