package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A pass over both trees, apart from the copy, that finds what the target has and the source does
 * not: to be removed, or to be found again under another name. One directory at a time, each before
 * those in it.
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
      boolean findsRenames = rules.detectRenames && rules.deletes();
      boolean isBefore = rules.deletion == Deletion.BEFORE;
      return new Passes(
          findsRenames || isBefore,
          rules.hardLinks && rules.wantsItems,
          rules.deletesAfterwards() || isBefore && findsRenames);
    }
  }

  private final TreeUpdate update;
  private final Report report;
  private final @Nullable Renames renames;

  /** By the place of the directory in the order of the tree. */
  private final SortedMap<Long, Remover.Found> found = new TreeMap<>();

  /**
   * @param renames gets what is found; null: it is to be removed
   */
  Sweep(TreeUpdate update, @Nullable Renames renames) {
    this.update = update;
    this.report = update.report;
    this.renames = renames;
  }

  /** The target itself. */
  TargetDirectory root() {
    TargetDirectory root =
        new TargetDirectory(Paths.NONE, null, null, null, new Narrator(report).root());
    root.scope = update.filters.target();
    return root;
  }

  TargetDirectory below(TargetDirectory directory, SourceEntry entry) {
    byte[] path = Paths.join(directory.path, entry.name());
    return new TargetDirectory(path, directory, null, entry.below(), directory.node);
  }

  /**
   * Looks at one directory.
   *
   * @param order its place in the order of the tree
   * @return whether those in it are to be looked at; not when it does not stand here
   */
  boolean look(TargetDirectory directory, Listing listing, long order) {
    try (DirectoryHandle handle = update.open(directory.path)) {
      directory.handle = handle;
      update.enterScope(directory);
      Remover.Found some = update.remover.find(directory, listing);
      if (renames == null) {
        found.put(order, some);
      } else {
        renames.note(some, handle);
      }
      return true;
    } catch (LinuxException e) {
      if (!EntryUpdate.isGone(e)) {
        report.failure(CopyStatus.PARTIAL, directory.path, "cannot be listed here: " + e.reason());
      }
    } catch (FilterException e) {
      report.failure(CopyStatus.PARTIAL, directory.path, String.valueOf(e.getMessage()));
    } finally {
      directory.handle = null;
    }
    return false;
  }

  /** Removes what was found, unless the source could not be read to its end (H28). */
  void remove() {
    if (report.hasSourceError() && !update.rules.deleteOnErrors) {
      update.remover.tellErrors();
      return;
    }
    found.values().forEach(update.remover::remove);
  }
}
