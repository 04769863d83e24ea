package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.Item;
import dev.godwit.sync.copy.SeriesSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Some directories of an audit that are looked at together, and what differed in them. */
final class AuditPiece implements SeriesSource.Changed {
  /** What differs beyond this is judged as the last one of these was. */
  private static final int KEPT_MAX = 10_000;

  private static final Change ONLY_TIME = new Change(Change.TIME);

  private record Changed(String path, Item.Kind kind, Change change) {}

  final AuditTour of;

  /** When it was begun, in System.nanoTime(). */
  final long began;

  /** The last of its directories in the order of the audit; null when none is new there. */
  final @Nullable String upTo;

  // Guarded by this.
  private final List<Changed> changed = new ArrayList<>();
  private long more;

  AuditPiece(AuditTour of, long began, @Nullable String upTo) {
    this.of = of;
    this.began = began;
    this.upTo = upTo;
  }

  /** Called by the session's receiving thread. */
  @Override
  public synchronized void changed(byte[] path, Item.Kind kind, Change change) {
    if (kind == Item.Kind.DIRECTORY && change.equals(ONLY_TIME)) {
      return; // it follows from what came and went in it
    }
    if (changed.size() < KEPT_MAX) {
      changed.add(new Changed(PathText.of(path), kind, change));
    } else {
      more++;
    }
  }

  synchronized boolean hasChanged() {
    return !changed.isEmpty();
  }

  /**
   * What it has put right; to be asked when its look has come to its end.
   *
   * @param isTold whether a change of a name may be what was found
   */
  synchronized Drift drift(Predicate<String> isTold) {
    long drifted = 0;
    boolean isLastTold = true;
    List<String> first = new ArrayList<>();
    for (Changed one : changed) {
      isLastTold = isTold.test(one.path);
      if (!isLastTold) {
        drifted++;
        if (first.size() < Drift.FIRST_MAX) {
          first.add(Drift.shown(one.path, one.kind, one.change));
        }
      }
    }
    return new Drift(changed.size() + more, drifted + (isLastTold ? 0 : more), first);
  }
}
