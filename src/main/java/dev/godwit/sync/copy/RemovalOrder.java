package dev.godwit.sync.copy;

import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The order of removals within one host, where several threads list the source: what a directory of
 * the target has and the source has not goes when all directories before it, in the order of the
 * tree, were listed. So it does not depend on who is faster whether something that cannot be read
 * stops a removal (H28): as with rsync, what is before that goes, and the rest stays.
 *
 * <p>Nobody waits here: a removal that would have to is done by whoever lists the last directory
 * before it. Any thread.
 */
final class RemovalOrder {
  private final boolean isByPlace;
  private final boolean isWanted;

  /** Directories that are known and not listed yet. */
  private final NavigableMap<byte[], SourceDirectory> unlisted =
      new TreeMap<>(Paths::compareInTree);

  private final NavigableMap<byte[], Runnable> waiting = new TreeMap<>(Paths::compareInTree);

  RemovalOrder(Rules rules) {
    isByPlace = rules.incremental;
    isWanted =
        (rules.deletion == Deletion.DURING || rules.deletion == Deletion.DELAY)
            && !rules.deleteOnErrors;
  }

  /**
   * Where removals end when something in a directory of the source cannot be read: there, or at the
   * very first where all is listed before anything is removed.
   */
  static byte[] stoppedFrom(Rules rules, SourceDirectory directory) {
    return rules.incremental && !Sweep.isAllListedBefore(rules) ? directory.path() : Paths.NONE;
  }

  /**
   * What is in a directory is known by now.
   *
   * @return the removals that waited for that, in their order
   */
  List<Runnable> listed(SourceDirectory directory, List<SourceEntry> entries) {
    return isWanted ? due(directory, entries) : List.of();
  }

  private synchronized List<Runnable> due(SourceDirectory directory, List<SourceEntry> entries) {
    for (SourceEntry entry : entries) {
      SourceDirectory below = entry.below();
      if (below != null) {
        unlisted.put(below.path(), below);
      }
    }
    unlisted.remove(directory.path());
    List<Runnable> due = new ArrayList<>(0);
    while (!waiting.isEmpty() && isKnownBefore(waiting.firstKey())) {
      due.add(waiting.pollFirstEntry().getValue());
    }
    return due;
  }

  /**
   * Keeps a removal if it has to wait.
   *
   * @param directory that is listed itself
   */
  synchronized boolean waits(byte[] directory, Runnable removal) {
    if (isKnownBefore(directory)) {
      return false;
    }
    waiting.put(directory, removal);
    return true;
  }

  private boolean isKnownBefore(byte[] directory) {
    return unlisted.isEmpty()
        || isByPlace && Paths.compareInTree(directory, unlisted.firstKey()) < 0;
  }

  /** One that is not listed yet; null when all are. */
  synchronized @Nullable SourceDirectory unlisted() {
    return unlisted.isEmpty() ? null : unlisted.firstEntry().getValue();
  }
}
