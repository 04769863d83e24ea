package dev.godwit.mirror;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Of a mirror that brings changes only: in the place of a tree that is to be looked at, because
 * changes in it may have been lost, the names in it that changed since then, as their inodes tell.
 * What did not change since the mirror began is never looked at. A name that went tells nothing.
 *
 * <p>Reads directories and statuses of the source; for one thread.
 */
final class Recent {
  /** The kernel's clock for inodes is so much behind, and orders take as long on their way. */
  private static final Duration CLOCKS = Duration.ofMillis(100);

  private final LinkFinder.Tree tree;
  private final Instant began;

  private Recent(LinkFinder.Tree tree, Instant began) {
    this.tree = tree;
    this.began = began;
  }

  /**
   * @param followed for how long changes have been followed
   */
  static Recent of(LinkFinder.Tree tree, Duration followed) {
    return new Recent(tree, Instant.now().minus(followed).minus(CLOCKS));
  }

  /**
   * The same looks with names in the place of trees, but for those that came to their places.
   *
   * @param unseen for how long changes may have been lost, and some more
   */
  Looks instead(Looks looks, Duration unseen) {
    if (looks.newTrees().containsAll(looks.trees())) {
      return looks;
    }
    Instant since = Instant.now().minus(unseen);
    long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, since.isBefore(began) ? began : since);
    List<Looks.Path> all = new ArrayList<>();
    for (Looks.Path one : looks.paths()) {
      if (one.scope().tree() && !looks.newTrees().contains(one.path())) {
        for (String path : ChangedInodes.below(one.path(), tree, nanos)) {
          all.add(new Looks.Path(path, Scope.CONTENT));
        }
      } else {
        all.add(one);
      }
    }
    Looks names = Looks.of(all, looks.since());
    return new Looks(
        names.trees(),
        names.newTrees(),
        names.names(),
        names.contents(),
        looks.changes(),
        looks.since());
  }
}
