package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Regular files: compared, brought from another name that they had, or transferred. The source
 * calls back while it brings content, from the thread that works on the file.
 */
final class FileUpdate {
  private final TreeUpdate update;
  private final Rules rules;
  private final Report report;
  private final Tally tally;
  private final Inodes inodes;
  private final Placement placement;
  private final Basis basis;
  private final Outcomes outcomes;
  private final CameFrom cameFrom;

  FileUpdate(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.report = update.report;
    this.tally = update.tally;
    this.inodes = update.inodes;
    this.placement = update.placement;
    this.basis = update.basis;
    this.outcomes = update.outcomes;
    this.cameFrom = new CameFrom(update);
  }

  /** Compares a file, and does what differs or has its content fetched. */
  void update(Pair pair) throws LinuxException {
    FileStatus standing = pair.standing();
    SourceEntry entry = pair.entry();
    if (standing != null && isDoneAsStanding(pair, standing)) {
      return;
    }
    if (standing == null && basis.provides(pair)) {
      return;
    }
    if (isRenamed(pair)) {
      return;
    }
    if (standing != null
        && (rules.append || rules.appendVerify)
        && standing.size() >= entry.status().size()) {
      pair.directory().node.fill(pair.slot(), null);
      return;
    }
    transfer(pair, standing);
  }

  /** Whether what stands is the source's file, or a basis has it in its place. */
  private boolean isDoneAsStanding(Pair pair, FileStatus standing) throws LinuxException {
    SourceEntry entry = pair.entry();
    boolean isEqual =
        !update.isSharedHereOnly(entry, standing)
            && isEqual(pair.in(), pair.name(), pair.listing(), entry, standing);
    // Before a basis may take its place.
    int differences = isEqual ? inodes.differences(pair, standing, false) : 0;
    if (basis.replaces() && basis.providesExactly(pair, standing, isEqual)) {
      return true;
    }
    if (!isEqual) {
      return false;
    }
    boolean isSuspect =
        update.source().isSuspect(pair.listing(), entry) || update.isDoubtedHere(standing);
    if (!isSuspect || !isDoubted(pair, standing)) {
      standsEqual(pair, standing, differences);
    }
    return true;
  }

  private void transfer(Pair pair, @Nullable FileStatus standing) throws LinuxException {
    FileStatus existing = pair.existing();
    SourceEntry entry = pair.entry();
    int change = Change.TRANSFER | changeBy(pair, standing);
    if (existing != null && existing.isDirectory()) {
      placement.makeWay(pair.directory(), entry, existing);
    }
    if (rules.dryRun) {
      outcomes.transferred(entry, change);
      outcomes.stands(pair, entry.status());
      outcomes.told(pair, change, null);
      return;
    }
    if (rules.inPlace
        && standing != null
        && !update.source().isFar()
        && standing.isSameInode(entry.status())) {
      standsEqual(pair, standing, inodes.differences(pair, standing, false));
      return; // written to, it would change under its reader until nothing is left of it
    }
    pair.directory().filesLeft.incrementAndGet();
    FileWork work = new FileWork(pair, change);
    if (standing != null && (rules.append || rules.appendVerify)) {
      work.from = standing.size();
    }
    update.partials.find(work);
    update.source().fetch(work);
  }

  /** What a transfer changes beside the content; bits of {@link Change}. */
  private int changeBy(Pair pair, @Nullable FileStatus standing) throws LinuxException {
    if (standing == null) {
      return basis.differencesOf(pair);
    }
    int change = inodes.differences(pair, standing, true);
    return rules.checksum ? change | Change.CONTENT : change;
  }

  /** The content that stands is the source's; the rest is put right. */
  private void standsEqual(Pair pair, FileStatus standing, int change) throws LinuxException {
    SourceEntry entry = pair.entry();
    if ((change != 0 || inodes.needsExactTime(entry, standing)) && !rules.dryRun) {
      placement.adjust(pair.directory(), entry, standing, change);
      tally.adjusted.increment();
    }
    update.partials.used(pair.directory(), pair.name());
    outcomes.stands(pair, standing);
    outcomes.told(pair, inodes.told(change, entry, standing), null);
    outcomes.removeSource(pair);
  }

  /**
   * Asks the source whether a content that is in doubt is the same (H19); it says later: {@link
   * #same}, or by sending it.
   *
   * @return false when that cannot be asked
   */
  private boolean isDoubted(Pair pair, FileStatus standing) throws LinuxException {
    FileWork work = new FileWork(pair, Change.TRANSFER);
    work.candidate = new Renames.Candidate(pair.directory().path, pair.name(), standing);
    work.isDoubted = true;
    work.isLostPerhaps = update.isDoubtedHere(standing);
    return isAsked(work, pair.in());
  }

  /** Whether the file stands under a name that it had before, from where it was brought here. */
  private boolean isRenamed(Pair pair) {
    FileStatus existing = pair.existing();
    if (existing != null && existing.isDirectory()) {
      return false; // it may have to stay, and would take the other's place when it gives way
    }
    Renames renames = update.renames;
    Renames.Candidate candidate =
        renames == null
            ? cameFrom.candidate(pair)
            : existing == null ? renames.take(pair.entry(), pair.path()) : null;
    if (candidate == null) {
      return false;
    }
    try (DirectoryHandle in = update.open(candidate.directory())) {
      FileWork work = new FileWork(pair, Change.TRANSFER | basis.differencesOf(pair));
      work.candidate = candidate;
      if (candidate.isCertain()) {
        bring(work, candidate, in);
        return true;
      }
      if (isAsked(work, in)) {
        return true; // it says later: same, different, or by sending the content
      }
      if (!update
          .source()
          .hasSameContent(in, candidate.name(), candidate.status(), pair.listing(), pair.entry())) {
        giveBack(work);
        return false;
      }
      bring(work, candidate, in);
      return true;
    } catch (LinuxException e) {
      return false; // it is transferred
    }
  }

  /** As {@link TreeUpdate.Source#ask}; the directory waits for the answer. */
  private boolean isAsked(FileWork work, DirectoryHandle in) throws LinuxException {
    work.directory.filesLeft.incrementAndGet(); // before: the answer may come at once
    boolean isAsked = false;
    try {
      isAsked = update.source().ask(work, in);
      return isAsked;
    } finally {
      if (!isAsked) {
        work.directory.filesLeft.decrementAndGet();
      }
    }
  }

  private void bring(FileWork work, Renames.Candidate candidate, DirectoryHandle in)
      throws LinuxException {
    if (!rules.dryRun) {
      placement.bringFrom(in, candidate, work);
      noteRename(work, candidate);
    }
    Pair pair = work.pair();
    outcomes.stands(pair, candidate.status());
    tally.made.add(Item.Kind.FILE);
    tally.renamed.increment();
    outcomes.told(pair, Change.RENAMED | Change.LOCAL | Change.NEW, candidate.path());
    outcomes.removeSource(pair);
  }

  private void noteRename(FileWork work, Renames.Candidate candidate) {
    Custody custody = update.custody;
    if (custody != null && !candidate.isExchanged()) {
      custody.renamed(candidate.path(), work.pair().path(), work.existing != null);
    }
  }

  /** Whether the content that stands is that of the source, as the rules say. */
  boolean isEqual(
      DirectoryHandle in, byte[] name, Listing listing, SourceEntry entry, FileStatus standing)
      throws LinuxException {
    if (standing.size() != entry.status().size()) {
      return false;
    }
    if (rules.checksum) {
      return hasSameContent(in, name, standing, listing, entry);
    }
    if (rules.sizeOnly) {
      return true;
    }
    return !rules.ignoreTimes && inodes.sameTime(entry.status(), standing);
  }

  private boolean hasSameContent(
      DirectoryHandle in, byte[] name, FileStatus standing, Listing listing, SourceEntry entry)
      throws LinuxException {
    try {
      return update.source().hasSameContent(in, name, standing, listing, entry);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EACCES) {
        return false; // what cannot be read is replaced; at the source, that is told then
      }
      throw e;
    }
  }

  // What sources call; the thread that works on the file.

  /** The candidate has the source's content. */
  void same(FileWork work) {
    Renames.Candidate candidate = Objects.requireNonNull(work.candidate);
    if (work.isDoubted) {
      notDoubted(work, candidate.status());
      return;
    }
    try (DirectoryHandle in = update.open(candidate.directory())) {
      bring(work, candidate, in);
    } catch (LinuxException e) {
      work.candidate = null; // it is there no more: the content has to come
      update.source().fetch(work);
      return;
    }
    update.fileDone(work.directory, work.listing);
  }

  /** What stands at the name is what the source has. */
  private void notDoubted(FileWork work, FileStatus standing) {
    Pair pair = work.pair();
    try {
      standsEqual(pair, standing, inodes.differences(pair, standing, false));
    } catch (LinuxException e) {
      outcomes.failed(work.directory, work.entry, e);
      work.directory.node.fill(work.slot, null);
      outcomes.linkFailed(work.entry);
    }
    update.fileDone(work.directory, work.listing);
  }

  /** The candidate is another file; this one would be transferred (a dry run). */
  void different(FileWork work) {
    giveBack(work);
    Pair pair = work.pair();
    outcomes.transferred(work.entry, work.change);
    outcomes.stands(pair, work.entry.status());
    outcomes.told(pair, work.change, null);
    update.fileDone(work.directory, work.listing);
  }

  private void giveBack(FileWork work) {
    Renames.Candidate candidate = work.candidate;
    Renames renames = update.renames;
    if (candidate != null && renames != null) {
      renames.giveBack(candidate);
    }
    work.candidate = null;
  }

  /**
   * Opens what the content is written to.
   *
   * @throws LinuxException when it cannot be written; then {@link #fail} is to be called
   */
  FileHandle begin(FileWork work) throws LinuxException {
    giveBack(work);
    FileHandle file = placement.create(work);
    work.file = file;
    return file;
  }

  /**
   * A file's content has come as far as a position in it. To be called now and then while it comes.
   */
  void isUnderWay(FileWork work, long position) {
    tally.isUnderWay(work, position);
    if (update.narrator.begins(work.slot, () -> outcomes.begun(work))) {
      report.fileProgress(work.shown(), position, work.entry.status().size());
    }
  }

  /** All content is there: gives the file its attributes and its name. */
  void end(FileWork work) {
    try {
      outcomes.cameWhole(work);
      FileStatus placed = placement.place(work);
      update.partials.used(work.directory, work.name());
      tally.isUnderWay(work, 0); // before it counts as transferred
      outcomes.transferred(work.entry, work.change);
      outcomes.came(work.directory, work.entry, work.existing);
      tally.literal.add(work.literal);
      tally.matched.add(work.matched);
      Pair pair = work.pair();
      outcomes.stands(pair, placed, placement.linkable(work));
      outcomes.told(work);
      outcomes.removeSource(pair);
    } catch (LinuxException e) {
      fail(work, e);
      return;
    }
    update.fileDone(work.directory, work.listing);
  }

  /** The content does not come, or cannot be written; what stood at the name still does. */
  void fail(FileWork work, CopyStatus status, String why) {
    fail(work, new CopyListener.Failure(status, work.shown(), why), null);
  }

  /** What was in the way at the source. */
  void failAtSource(FileWork work, String why) {
    fail(
        work, new CopyListener.Failure(CopyStatus.PARTIAL, work.shown(), why).toldBySource(), null);
  }

  void fail(FileWork work, LinuxException e) {
    // As with rsync, what was to be transferred is told although it did not come to that.
    String why = "cannot be written " + update.where + ": " + e.reason() + " (" + e.call() + ")";
    work.literal = 0;
    work.matched = 0;
    if (e.errno() == Errno.ENOSPC || e.errno() == Errno.EDQUOT) {
      keep(work); // the rest may come when there is room
    }
    fail(
        work,
        new CopyListener.Failure(CopyStatus.PARTIAL, work.shown(), why, e.errno()),
        outcomes.item(work));
  }

  private void fail(FileWork work, CopyListener.Failure failure, @Nullable Item told) {
    if (update.custody == null) {
      outcomes.transferred(work.entry, work.change); // so rsync counts what was asked for
    }
    tally.isUnderWay(work, 0);
    placement.discard(work);
    report.failure(failure);
    outcomes.linkFailed(work.entry);
    work.directory.node.fill(work.slot, told);
    update.fileDone(work.directory, work.listing);
  }

  /** The copy ends in the middle of the file: it is given up, or kept where the user wants that. */
  void abandon(FileWork work) {
    tally.isUnderWay(work, 0);
    keep(work);
    placement.discard(work);
    work.directory.node.fill(work.slot, null);
    update.fileDone(work.directory, work.listing);
  }

  private void keep(FileWork work) {
    try {
      update.partials.keep(work);
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL, work.shown(), "what came of it cannot be kept: " + e.reason());
    }
  }
}
