package dev.godwit.sync.copy;

import dev.godwit.sync.copy.SourceDirectory.Content;
import dev.godwit.sync.copy.SourceDirectory.Looked;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.rules.Rules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What -m (--prune-empty-dirs) leaves out: directories in which nothing takes part but directories,
 * however deep. All that is below one is looked at for that when the directory it is in is listed,
 * since the target is told of a directory before what is in it. Any thread.
 */
final class Pruning {
  /**
   * A directory with nothing in it but so many directories one below the other is not left out. So
   * deep goes the search before each of them is listed, by recursion.
   */
  private static final int DEPTH_MAX = 200;

  private final Rules rules;
  private final SourceAttributes attributes;
  private final Report report;
  private final @Nullable Tally tally;
  private final boolean isOfSeries;

  /**
   * @param tally counts what is left out, as rsync's figures do; null when nobody counts
   * @param isOfSeries whether it is for a series of copies: of what may hold something nothing is
   *     left out there (H28)
   */
  Pruning(
      Rules rules,
      SourceAttributes attributes,
      Report report,
      @Nullable Tally tally,
      boolean isOfSeries) {
    this.rules = rules;
    this.attributes = attributes;
    this.report = report;
    this.tally = tally;
    this.isOfSeries = isOfSeries;
  }

  /**
   * Whether a directory is left out; not when it is protected from removal. One that is left out is
   * counted, with all below it.
   *
   * @param in what it is in
   * @param scope the filters there
   */
  boolean leavesOut(SourceEntry directory, SourceDirectory in, FilterScope scope) {
    SourceDirectory below = whole(directory, in, scope);
    if (!isEmpty(directory, below, scope, 0)) {
      return false; // what there is to tell of it is told when it is listed for the copy
    }
    if (!isOfSeries) {
      count(directory, below);
    }
    return true;
  }

  /** All that is in a directory, of which a look may be at nothing, or at some names. */
  private static @Nullable SourceDirectory whole(
      SourceEntry directory, SourceDirectory in, FilterScope scope) {
    return directory.place() < in.parts().size()
            && in.parts().get(directory.place()) instanceof Looked looked
        ? new SourceDirectory(
            Paths.join(in.path(), directory.name()),
            List.of(new Content(looked.place().below(directory.name(), directory.followed()))),
            scope,
            true)
        : directory.below();
  }

  private boolean isEmpty(
      SourceEntry directory, @Nullable SourceDirectory below, FilterScope scope, int depth) {
    return !scope.protects(directory.name()) && (below == null || !hasEntries(below, depth));
  }

  private boolean hasEntries(SourceDirectory directory, int depth) {
    if (depth == DEPTH_MAX) {
      return true;
    }
    return isOfSeries ? mayHaveEntries(directory, depth) : hasReadableEntries(directory, depth);
  }

  /**
   * All of it is looked at, also when something was found: once it is known that something cannot
   * be read, nothing is removed (H28).
   */
  private boolean hasReadableEntries(SourceDirectory directory, int depth) {
    boolean has = false;
    try (Listing listing =
        Lister.unpruned(rules, attributes, report.quiet(), null).list(directory)) {
      for (SourceEntry entry : listing.entries().reversed()) { // directories are last
        if (!entry.isDirectory()) {
          return true;
        }
        has |= !isEmpty(entry, entry.below(), listing.scope(), depth + 1);
      }
    }
    return has;
  }

  /** Whatever cannot be read may hold something, and one name is enough. */
  private boolean mayHaveEntries(SourceDirectory directory, int depth) {
    Report unheard = new Report(CopyListener.NONE); // a look tells of it by itself
    try (Listing listing = Lister.ofAnything(rules, attributes, unheard).list(directory)) {
      if (!listing.isComplete() || unheard.hasSourceError()) {
        return true;
      }
      for (SourceEntry entry : listing.entries()) {
        if (!entry.isDirectory() || !isEmpty(entry, entry.below(), listing.scope(), depth + 1)) {
          return true;
        }
      }
    }
    return false;
  }

  /** The copy does not come here: what counts is counted, and what cannot be read is told. */
  private void count(SourceEntry directory, @Nullable SourceDirectory below) {
    if (tally != null) {
      tally.seen(directory); // rsync's figures are from before
    }
    if (below == null) {
      return;
    }
    try (Listing listing = Lister.unpruned(rules, attributes, report, tally).list(below)) {
      for (SourceEntry entry : listing.entries()) {
        if (entry.isDirectory() && !listing.scope().protects(entry.name())) {
          count(entry, entry.below());
        }
      }
    }
  }
}
