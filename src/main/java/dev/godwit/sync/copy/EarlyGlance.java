package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.RenamedFiles;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Glance} does, done by the pass that looks for renames, within one host: when nothing
 * is left that stands at the target only, the directory's other files are compared at once, and the
 * copy does not look at them again.
 *
 * <p>Why that is enough. Any copy looks at a file once, at some moment while it runs, and what is
 * changed after that moment comes with the next run, which finds another size or time. That moment
 * is earlier here, no more; nothing is written on the strength of it, and a file is renamed within
 * a directory in which nothing has come, gone or been renamed since it was listed. When the copy
 * comes to the directory, both sides are looked at once more, as directories: where one is another
 * one by now, or a name has come or gone in it, all that was found is forgotten.
 *
 * <p>Any thread.
 */
final class EarlyGlance {
  /** In bytes. */
  private static final int PIECE = 32;

  /**
   * So many pieces at most are for what is remembered of directories: 16 MB. Those for which there
   * is no room are looked at by the copy.
   */
  private static final int ROOM = 1 << 19;

  /** What a directory takes of it, beside {@link #NAME_ROOM} for each name. */
  private static final int DIRECTORY_ROOM = 10;

  private static final int NAME_ROOM = 2;

  /** Which directory it is, and when something in it last changed: nobody can set that. */
  private record Stamp(long device, long inode, long ctimeNanos) {
    static Stamp of(FileStatus status) {
      return new Stamp(status.device(), status.inode(), status.ctimeTotalNanos());
    }

    boolean isOf(FileStatus status) {
      return inode == status.inode()
          && device == status.device()
          && ctimeNanos == status.ctimeTotalNanos();
    }
  }

  /**
   * A directory of which the copy need not look at all.
   *
   * @param files how many are the same on both sides
   * @param bytes their sizes together
   * @param rest all other names of the source; the target has no others
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Known(long files, long bytes, List<byte[]> rest, Stamp source, Stamp target) {
    boolean isStill(DirectoryHandle there, DirectoryHandle here) throws LinuxException {
      return source.isOf(there.status()) && target.isOf(here.status());
    }
  }

  private final TreeUpdate update;
  private final Renames renames;
  private final RenamedFiles.@Nullable Conditions conditions;
  private final Map<Look.Key, Known> known = new ConcurrentHashMap<>();
  private final AtomicInteger room = new AtomicInteger(ROOM);

  EarlyGlance(TreeUpdate update, Renames renames) {
    this.update = update;
    this.renames = renames;
    this.conditions = conditions(update, renames);
  }

  /** Null where names are not what they seem, or more decides what is renamed. */
  private static RenamedFiles.@Nullable Conditions conditions(TreeUpdate update, Renames renames) {
    Rules rules = update.rules;
    var same = Glance.conditions(rules, update.filters, update.inodes.isRoot());
    if (same == null
        || !renames.isTrusting()
        || rules.followsLinks()
        || rules.copyDevices
        || rules.backup) {
      return null;
    }
    return new RenamedFiles.Conditions(same, rules.permissions, TemporaryNames.prefix());
  }

  /**
   * Looks at a directory in the pass before the copy, and renames what is certain.
   *
   * @param directory open, and its scope entered
   * @param lister for the names alone
   * @return the names that tell what is to be entered, and others; null when nothing of it was
   *     noted, and all of it has to be looked at
   */
  @Nullable Listing look(TargetDirectory directory, SourceDirectory source, Lister lister)
      throws LinuxException {
    RenamedFiles.Conditions asked = conditions;
    if (asked == null
        || directory.scope == null
        || source.parts().size() != 1
        || !(source.parts().getFirst() instanceof SourceDirectory.Content content)
        || update.report.hasSourceError()) {
      return null;
    }
    DirectoryHandle here = directory.opened();
    FileStatus before = here.status();
    if (update.folding.mayFoldBySight(here, before.device())) {
      return null; // one file there may be two names here
    }
    DirectoryHandle there = content.place().open();
    boolean isKept = false;
    try {
      FileStatus thereBefore = there.status();
      RenamedFiles.Found found = RenamedFiles.find(there, here, before, asked, room.get() > 0);
      if (found == null) {
        return null;
      }
      for (int i = 0; i < found.renamed(); i++) {
        update.tally.made.add(Item.Kind.FILE);
      }
      if (found.renamed() > 0) {
        update.inodes.restoreTime(here, before); // the copy sets it if the source has another
      }
      if (found.isBroken()) {
        return null;
      }
      Listing listing = lister.rest(source, content.place(), there, found.rest());
      if (!listing.isComplete()) {
        return null;
      }
      noteLeft(directory, here, listing, found);
      if (found.isCompared()) {
        FileStatus hereAfter = found.renamed() > 0 ? here.status() : before;
        keep(
            directory.path,
            new Known(
                found.files(),
                found.bytes(),
                found.rest(),
                Stamp.of(thereBefore),
                Stamp.of(hereAfter)));
      }
      isKept = true;
      return listing; // which closes it
    } finally {
      if (!isKept) {
        there.close();
      }
    }
  }

  /** What stands on one side only and was not renamed may belong to another directory. */
  private void noteLeft(
      TargetDirectory directory, DirectoryHandle here, Listing listing, RenamedFiles.Found found)
      throws LinuxException {
    if (found.gone().isEmpty() && found.missing().isEmpty()) {
      return;
    }
    List<DirectoryEntry> gone = new ArrayList<>(found.gone());
    gone.sort(
        (one, other) ->
            Listing.compare(isDirectory(other), other.name(), isDirectory(one), one.name()));
    List<SourceEntry> missing = new ArrayList<>();
    for (byte[] name : found.missing()) {
      int index = listing.indexOf(name);
      if (index >= 0) {
        missing.add(listing.entries().get(index));
      }
    }
    Remover.Found left =
        new Remover.Found(
            directory.path,
            true,
            gone.stream().map(DirectoryEntry::name).toList(),
            found.present(),
            Objects.requireNonNull(directory.scope));
    renames.noteUnpaired(left, here, listing.only(missing));
  }

  private static boolean isDirectory(DirectoryEntry entry) {
    return entry.type() == DirectoryEntry.DIRECTORY;
  }

  private void keep(byte[] path, Known one) {
    int taken = DIRECTORY_ROOM + NAME_ROOM * one.rest().size() + path.length / PIECE;
    if (room.addAndGet(-taken) > 0) {
      known.put(new Look.Key(path), one);
    }
  }

  /** What is known of a directory, for this caller only; null when it has to be looked at. */
  @Nullable Known take(byte[] path) {
    return known.remove(new Look.Key(path));
  }
}
