package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/**
 * What follows when a name is done: it is counted and told, names of the same inode that waited for
 * it go on, and with --remove-source-files it goes from the source. Any thread.
 */
final class Outcomes {
  private final TreeUpdate update;
  private final Rules rules;
  private final Report report;
  private final Tally tally;
  private final Sums sums;

  Outcomes(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.report = update.report;
    this.tally = update.tally;
    this.sums = new Sums(rules);
  }

  /** Nothing was done about a name. */
  void failed(TargetDirectory directory, SourceEntry entry, LinuxException e) {
    report.failure(
        CopyStatus.PARTIAL,
        directory.shown(entry),
        "cannot be copied " + update.where + ": " + e.reason() + " (" + e.call() + ")",
        e.errno());
  }

  /** Content was transferred, or would be. */
  void transferred(SourceEntry entry, int change) {
    tally.transferred.increment();
    tally.sizeTransferred.add(entry.status().size());
    made(change, Item.Kind.FILE);
  }

  /** Counts what did not stand before. */
  void made(int change, Item.Kind kind) {
    if ((change & Change.NEW) != 0) {
      tally.made.add(kind);
    }
  }

  /** Something has its name now; those at which nothing stood are told to who guards removals. */
  void came(TargetDirectory directory, SourceEntry entry, @Nullable FileStatus existing) {
    Custody custody = update.custody;
    if (custody != null && existing == null) {
      custody.came(Paths.join(directory.path, directory.targetName(entry)));
    }
  }

  /** A name was not made that others of the same inode wait for. */
  void linkFailed(SourceEntry entry) {
    if (rules.hardLinks && entry.status().links() > 1) {
      update.source().later(update.links.failed(entry.status()));
    }
  }

  /** What other names of the same inode wait for. */
  void stands(Pair pair, FileStatus placed) {
    stands(pair, placed, pair.path());
  }

  /**
   * @param path where it can be linked to
   */
  void stands(Pair pair, FileStatus placed, byte[] path) {
    SourceEntry entry = pair.entry();
    if (rules.hardLinks && entry.status().links() > 1) {
      HardLinks.Leader leader =
          HardLinks.Leader.of(
              path,
              Paths.join(pair.directory().path, entry.name()), // without an absolute path's '/'
              placed);
      update.source().later(update.links.stands(entry.status(), leader));
    }
  }

  void removeSource(Pair pair) {
    if (rules.removeSourceFiles && !rules.dryRun) {
      update.source().remove(pair.directory(), pair.listing(), pair.entry());
    }
  }

  /** The content that came is whole: its checksum is told with it. */
  void cameWhole(FileWork work) throws LinuxException {
    sums.note(work);
  }

  /**
   * @param change bits of {@link Change}
   * @param link the text of a symbolic link, or the path of what it was linked to or had as a name
   */
  void told(Pair pair, int change, byte @Nullable [] link) {
    TargetDirectory directory = pair.directory();
    directory.node.fill(
        pair.slot(),
        update.isTold() ? item(directory, pair.entry(), pair.shown(), change, link, null) : null);
  }

  /** A transferred file. */
  void told(FileWork work) {
    work.directory.node.fill(work.slot, item(work));
  }

  /**
   * A file whose content is under way; null also where its sum would be told, which nobody knows
   * yet.
   */
  @Nullable Item begun(FileWork work) {
    return rules.wantsSums ? null : item(work);
  }

  @Nullable Item item(FileWork work) {
    return item(work.directory, work.entry, work.shown(), work.change, null, work);
  }

  /** A directory. */
  @Nullable Item item(TargetDirectory directory, SourceEntry entry, byte[] path, int change) {
    return item(directory, entry, path, change, null, null);
  }

  private @Nullable Item item(
      TargetDirectory directory,
      SourceEntry entry,
      byte[] path,
      int change,
      byte @Nullable [] link,
      @Nullable FileWork work) {
    Change told = new Change(change);
    if (!update.isTold() || told.isNone() && !rules.wantsUnchanged) {
      return null;
    }
    FileStatus status = entry.status();
    Listing listing = directory.listing;
    return new Item(
        told,
        path.length == 0 ? Paths.HERE : path,
        entry.kind(),
        entry.attributes().mode(),
        status.uid(),
        status.gid(),
        status.size(),
        status.mtimeSeconds(),
        status.mtimeNanos(),
        status.specialDevice(),
        entry.kind() == Item.Kind.SYMLINK && (link == null || link == entry.linkText())
            ? update.toldText(entry)
            : link,
        work == null ? 0 : work.literal,
        work == null ? 0 : work.matched,
        status.atimeSeconds(),
        listing == null ? update.selfArgument : listing.directory().argument(entry.place()),
        sums.of(update.source(), directory, entry, change, work));
  }
}
