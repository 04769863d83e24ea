package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A pass over both trees, apart from the copy, that finds what the target has and the source does
 * not: to be removed, to be counted, or to be found again under another name. One directory at a
 * time, each before those in it.
 */
final class Sweep {
  /**
   * Which passes there are around a copy.
   *
   * @param before for what the source does not have
   * @param links for the names of files that have several, before the copy too
   * @param after for what the source does not have
   */
  record Passes(boolean before, boolean links, boolean after) {
    static Passes of(Rules rules) {
      boolean findsRenames = findsRenames(rules);
      boolean isBefore = rules.deletion == Deletion.BEFORE;
      return new Passes(
          findsRenames || isBefore || limitsShare(rules),
          rules.hardLinks && (rules.wantsItems || !keepsInode(rules)),
          rules.deletesAfterwards() || isBefore && findsRenames);
    }

    /** Else it shows which of several names that are one file was there before. */
    private static boolean keepsInode(Rules rules) {
      return rules.times && rules.permissions && rules.owner && rules.group;
    }
  }

  private final TreeUpdate update;
  private final Report report;
  private final boolean removes;
  private final @Nullable Renames renames;
  private final @Nullable RemovalShare share;

  /** Compares while it looks for what was renamed; null where nothing is renamed while it looks. */
  private final @Nullable EarlyGlance early;

  /** By the place of the directory in the order of the tree. */
  private final SortedMap<Long, Remover.Found> found = new TreeMap<>();

  /** Whether there is a directory in which names may be removed, be it new at the target. */
  private volatile boolean comparesContent;

  private Sweep(
      TreeUpdate update, boolean removes, @Nullable Renames renames, @Nullable RemovalShare share) {
    this.update = update;
    this.report = update.report;
    this.removes = removes;
    this.renames = renames;
    this.share = share;
    this.early = renames != null && renamesNow() ? new EarlyGlance(update, renames) : null;
  }

  /** The pass before the copy. */
  static Sweep before(TreeUpdate update) {
    Rules rules = update.rules;
    boolean findsRenames = findsRenames(rules);
    return new Sweep(
        update,
        rules.deletion == Deletion.BEFORE && !findsRenames,
        findsRenames ? new Renames(update) : null,
        limitsShare(rules) ? new RemovalShare(rules.deleteShareMax) : null);
  }

  /** The pass after the copy. */
  static Sweep after(TreeUpdate update) {
    return new Sweep(update, true, null, null);
  }

  private static boolean findsRenames(Rules rules) {
    return rules.detectRenames && rules.deletes() && !rules.existingOnly; // a new name is none
  }

  /** Whether everything is listed before the copy, so that all errors are known when it begins. */
  static boolean isAllListedBefore(Rules rules) {
    return findsRenames(rules) || Passes.of(rules).links;
  }

  private static boolean limitsShare(Rules rules) {
    return rules.deleteShareMax < 1 && rules.deletes();
  }

  /** The target itself. */
  TargetDirectory root() {
    TargetDirectory root =
        new TargetDirectory(Paths.NONE, null, null, null, new Narrator(report, false).root());
    root.scope = update.filters.target();
    return root;
  }

  TargetDirectory below(TargetDirectory directory, SourceEntry entry) {
    byte[] path = Paths.join(directory.path, entry.name());
    return new TargetDirectory(path, directory, null, entry.below(), directory.node);
  }

  /**
   * Looks at one directory within this host, and at what is the same in it too.
   *
   * @param lister for the names alone
   * @return what tells which directories in it are to be looked at; null when all of it is still to
   *     be looked at, by {@link #look}
   */
  @Nullable Listing lookEarly(TargetDirectory directory, SourceDirectory source, Lister lister) {
    EarlyGlance glance = early;
    if (glance == null) {
      return null;
    }
    try (DirectoryHandle handle = update.open(directory.path)) {
      directory.handle = handle;
      update.enterScope(directory);
      return glance.look(directory, source, lister);
    } catch (LinuxException e) {
      return null; // what is in the way is told by who looks at everything
    } finally {
      directory.handle = null;
    }
  }

  /**
   * Looks at one directory.
   *
   * @param order its place in the order of the tree
   * @return whether those in it are to be looked at; not when it does not stand here
   */
  boolean look(TargetDirectory directory, Listing listing, long order) {
    if (listing.isContent()) {
      comparesContent = true;
    }
    TargetDirectory parent = directory.parent;
    if (parent != null && parent.state != TargetDirectory.State.STANDS) {
      directory.state = parent.state;
      return false;
    }
    try (DirectoryHandle handle = update.open(directory.path)) {
      directory.handle = handle;
      update.enterScope(directory);
      List<SourceEntry> missing = renames == null ? null : new ArrayList<>();
      Remover.Found some = update.remover.find(directory, listing, missing);
      if (removes) {
        found.put(order, some);
      }
      if (share != null) {
        share.note(some, handle);
      }
      if (renames != null && missing != null) {
        renames.note(some, handle, listing.only(missing), renamesNow());
      }
      return true;
    } catch (LinuxException e) {
      if (Paths.isGone(e)) {
        directory.state = TargetDirectory.State.ABSENT;
      } else {
        directory.state = TargetDirectory.State.FAILED;
        if (renames != null) {
          renames.doubt();
        }
        report.failure(
            CopyStatus.PARTIAL,
            directory.path,
            "cannot be listed " + update.where + ": " + e.reason());
      }
    } catch (FilterException e) {
      directory.state = TargetDirectory.State.FAILED;
      report.failure(CopyStatus.PARTIAL, directory.path, String.valueOf(e.getMessage()));
    } finally {
      directory.handle = null;
    }
    return false;
  }

  /**
   * Whether all of the source is to be listed, also what the target has nothing of: before anything
   * is removed it is to be known that all of it can be read (H28).
   */
  boolean listsAll() {
    return removes;
  }

  /** Whether names may be looked at by several threads, in any order. */
  boolean isInAnyOrder() {
    return !removes && share == null;
  }

  /**
   * Whether the target is changed while both trees are looked at: not when this may find that too
   * much would go, and not when everything is told in the order of the tree.
   */
  private boolean renamesNow() {
    return share == null && !update.rules.dryRun && !update.rules.wantsItems;
  }

  /** A directory that the target does not have; then those in it are to be looked at, too. */
  boolean lookAbsent(TargetDirectory directory, Listing listing) {
    if (renames == null || directory.state != TargetDirectory.State.ABSENT) {
      return false;
    }
    try {
      renames.noteAbsent(listing);
    } catch (LinuxException e) {
      renames.doubt();
    }
    return true;
  }

  /**
   * Everything was looked at.
   *
   * @param source lists a directory of the source; null where its listings come by themselves
   * @throws CopyException when too much of the target would go
   */
  void end(Renames.@Nullable Names source) throws CopyException {
    if (share != null) {
      share.check();
    }
    if (renames != null) {
      renames.end(renamesNow(), source);
      update.renames = renames;
      update.early = early;
    }
    if (!removes) {
      return;
    }
    if (report.hasErrorInTheEnd() && !update.rules.deleteOnErrors) {
      if (comparesContent) {
        update.remover.tellErrors(); // the source could not be read to its end (H28)
      }
      return;
    }
    found.values().forEach(update.remover::remove);
  }
}
