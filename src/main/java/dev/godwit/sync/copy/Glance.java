package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SameFiles;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files of a directory that stand at the target as they are, by their statuses alone,
 * before anything else looks at them: nothing is made, kept or told of those. What it passes over
 * is what {@link EntryUpdate} would find nothing to do about; whatever it is not sure of goes
 * there.
 *
 * <p>Any thread.
 */
final class Glance {
  private final TreeUpdate update;
  private final Rules rules;
  private final SameFiles.@Nullable Conditions conditions;
  private final byte[] temporary = TemporaryNames.prefix();

  Glance(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.conditions = conditions(rules, update.filters, update.inodes.isRoot());
  }

  /**
   * What makes two files the same; null where the same status does not mean that there is nothing
   * to do, or to tell.
   *
   * @param isRoot whether owners are kept by the target
   */
  static SameFiles.@Nullable Conditions conditions(Rules rules, Filters filters, boolean isRoot) {
    boolean isToldAnyway =
        rules.wantsUnchanged
            || rules.ignoreExisting
            || rules.sizeMin > 0
            || rules.sizeMax != Long.MAX_VALUE;
    boolean isLookedAtAnyway =
        rules.checksum
            || rules.ignoreTimes
            || rules.removeSourceFiles
            || rules.accessTimes
            || rules.createTimes
            || rules.fakeSuper
            || !rules.basisDirectories.isEmpty();
    boolean isChanged = !rules.chmod.isEmpty() || rules.userMap != null || rules.groupMap != null;
    if (isToldAnyway
        || isLookedAtAnyway
        || isChanged
        || !filters.isEmpty()
        || rules.pruneEmptyDirectories) {
      return null;
    }
    return new SameFiles.Conditions(
        rules.owner && isRoot,
        rules.group,
        rules.modifyWindowSeconds,
        rules.hardLinks,
        rules.acls || rules.xattrs);
  }

  /**
   * What is left of a directory; then its handle may be open in {@code directory}.
   *
   * @return null when all of it has to be looked at
   */
  @Nullable Listing look(TargetDirectory directory, SourceDirectory source, Lister lister) {
    SameFiles.Conditions same = conditions;
    TargetDirectory parent = directory.parent;
    if (same == null
        || directory.isNew
        || directory.onlyName != null
        || directory.state != TargetDirectory.State.STANDS
        || parent != null && parent.state != TargetDirectory.State.STANDS
        || source.parts().size() != 1
        || !(source.parts().getFirst() instanceof SourceDirectory.Content content)
        || rules.deletes() && update.report.hasSourceError()) {
      return null;
    }
    DirectoryHandle here = null;
    DirectoryHandle there = null;
    Listing rest = null;
    long files = 0;
    long bytes = 0;
    EarlyGlance early = update.early;
    EarlyGlance.Known known = early == null ? null : early.take(directory.path);
    try {
      here = update.open(directory.path);
      there = content.place().open();
      if (known != null && known.isStill(there, here)) {
        rest = lister.rest(source, content.place(), there, known.rest());
        files = known.files();
        bytes = known.bytes();
      } else if (!update.folding.mayFold(here)) { // else one file there may be two names here
        SameFiles.Found found = SameFiles.find(there, here, same, temporary, rules.deletes());
        if (found != null && (found.hasNoOthers() || !rules.deletes())) {
          rest = lister.rest(source, content.place(), there, found.rest());
          files = found.files();
          bytes = found.bytes();
        }
      }
    } catch (LinuxException e) {
      rest = null; // what is in the way is told by who looks at everything
    }
    if (rest == null) {
      close(here);
      close(there);
      return null;
    }
    directory.handle = here;
    update.tally.seen(files, bytes);
    return rest;
  }

  private static void close(@Nullable DirectoryHandle handle) {
    if (handle != null) {
      handle.close();
    }
  }
}
