package dev.godwit.mirror;

import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.PathText;
import dev.godwit.watch.Root;
import dev.godwit.watch.Watch;
import dev.godwit.watch.WatchState;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * The watches of a mirror beside its source: of its root, and of each mount below it that takes
 * part. Any thread, but each part is taken from by one.
 *
 * <p>Invariant: they are asked to flush together and by this alone, so that the tickets of all are
 * the same numbers. So all are opened before the first flush.
 */
final class SourceWatches implements AutoCloseable {
  /** What one watch sees. */
  static final class Part {
    /** Below the root; empty for the root itself. */
    final String path;

    /** See {@link InodeHandle#inTree}. */
    final int number;

    final Watch watch;
    private boolean isTold;

    /** The newest ticket of which all was told; guarded by the watches. */
    private long flushed;

    private Part(String path, int number, Watch watch) {
      this.path = path;
      this.number = number;
      this.watch = watch;
    }

    /** Whether all of it is told to be looked at again and again, for what nobody reports. */
    boolean isScanned() {
      return watch.state().rung().equals(WatchState.SCAN);
    }

    /** A path below the part's own root as one below the mirror's. */
    String path(String below) {
      return path.isEmpty() ? below : below.isEmpty() ? path : PathText.join(path, below);
    }
  }

  private final MirrorSourceAbility.Opener opener;
  private final Watch rootWatch;
  private final List<Part> parts = new CopyOnWriteArrayList<>();
  private Predicate<InodeHandle> followed = directory -> false;
  private long asked;

  /**
   * @param root belongs to this from now on
   */
  SourceWatches(MirrorSourceAbility.Opener opener, Root root) throws IOException {
    this.opener = opener;
    this.rootWatch = opener.open(root);
    parts.add(new Part("", 0, rootWatch));
  }

  /**
   * As {@link Watch#follow}, of all; before anything else.
   *
   * @param directories as {@link InodeHandle#inTree} has them
   */
  void follow(Predicate<InodeHandle> directories) {
    followed = directories;
    follow(parts.getFirst());
  }

  private void follow(Part part) {
    Predicate<InodeHandle> directories = followed;
    part.isTold = part.watch.follow(one -> directories.test(one.inTree(part.number)));
  }

  /**
   * Watches a mount below the root too.
   *
   * @param root of the mount; belongs to this from now on
   */
  void join(String path, int number, Root root) throws IOException {
    Part part = new Part(path, number, opener.open(root));
    follow(part);
    parts.add(part);
  }

  /** The root's first. */
  List<Part> parts() {
    return List.copyOf(parts);
  }

  Root root() {
    return rootWatch.root();
  }

  private Part partOf(String path) {
    Part nearest = parts.getFirst();
    for (Part part : parts) {
      if (PathText.isAtOrBelow(path, part.path) && part.path.length() > nearest.path.length()) {
        nearest = part;
      }
    }
    return nearest;
  }

  /** Whether what happens in a directory at this path is told by the directory, too. */
  boolean isTold(String path) {
    return partOf(path).isTold;
  }

  /** As {@link Watch#flush}, of all. */
  synchronized long flush() {
    return ask(Watch::flush);
  }

  /** As {@link Watch#drain}, of all. */
  synchronized long drain() {
    return ask(Watch::drain);
  }

  private long ask(ToLongFunction<Watch> order) {
    asked++;
    for (Part part : parts) {
      long ticket = order.applyAsLong(part.watch);
      if (ticket != asked) {
        throw new IllegalStateException("a watch was asked to flush by somebody else");
      }
    }
    return asked;
  }

  /** Whether a flush is enough to know all that happened, and makes nobody look for it. */
  boolean tellsAll() {
    return parts.stream().noneMatch(one -> one.isScanned() || one.watch.state().unwatched() > 0);
  }

  /**
   * A part has told everything up to this ticket.
   *
   * @return the newest ticket of which all parts have told everything
   */
  synchronized long told(Part part, long flushed) {
    part.flushed = flushed;
    return parts.stream().mapToLong(one -> one.flushed).min().orElseThrow();
  }

  /** Of the root's watch, with what the others lack. */
  WatchState state() {
    WatchState root = rootWatch.state();
    int unwatched = 0;
    boolean isUnverified = false;
    long overflows = 0;
    long toldUntil = WatchState.ALL;
    for (Part part : parts) {
      WatchState one = part.watch.state();
      unwatched += one.unwatched();
      isUnverified |= one.unverified();
      overflows += one.overflows();
      toldUntil = Math.min(toldUntil, one.toldUntil());
    }
    return new WatchState(
        root.rung(), root.reason(), unwatched, isUnverified, overflows, toldUntil);
  }

  /** How changes are noticed, for people. */
  static String rung(WatchState state) {
    return state.reason().isEmpty() ? state.rung() : state.rung() + " (" + state.reason() + ")";
  }

  @Override
  public void close() {
    // The root last: the others are reached from there.
    for (Part part : parts.reversed()) {
      part.watch.close();
    }
  }
}
