package dev.godwit.sync.copy;

import dev.godwit.linux.DeviceFile;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Compares one name of the source with what stands at the target, and does what differs. */
final class EntryUpdate {
  private final TreeUpdate update;
  private final Rules rules;
  private final Report report;
  private final Tally tally;
  private final Inodes inodes;
  private final Placement placement;
  private final Basis basis;
  private final Sums sums;
  private final CameFrom cameFrom;

  EntryUpdate(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.report = update.report;
    this.tally = update.tally;
    this.inodes = update.inodes;
    this.placement = update.placement;
    this.basis = new Basis(update);
    this.sums = new Sums(rules);
    this.cameFrom = new CameFrom(update);
  }

  /** Opens what is needed for the whole copy, so that what is missing is told first. */
  void open() throws CopyException {
    placement.open();
    basis.open();
  }

  /** A name that is no directory at the source. */
  void update(TargetDirectory directory, Listing listing, SourceEntry entry) {
    update(directory, listing, entry, directory.node.reserve());
  }

  void update(TargetDirectory directory, Listing listing, SourceEntry entry, Narrator.Slot slot) {
    count(entry);
    SourceEntry owned = owned(directory, entry);
    if (owned == null) {
      directory.node.fill(slot, null);
    } else {
      again(directory, listing, owned, slot);
    }
  }

  /** The entry with the owners that it has here; null when it cannot be said who (H11). */
  private @Nullable SourceEntry owned(TargetDirectory directory, SourceEntry entry) {
    try {
      Attributes here = inodes.wanted(entry.attributes(), directory.before);
      return here == entry.attributes() ? entry : entry.with(entry.status(), here);
    } catch (OwnerException e) {
      report.failure(
          CopyStatus.PARTIAL, directory.shown(entry), e.getMessage() + ". It was not copied");
      return null;
    }
  }

  private void count(SourceEntry entry) {
    if (entry.removed()) {
      return;
    }
    tally.seen(entry);
  }

  private void again(
      TargetDirectory directory, Listing listing, SourceEntry entry, Narrator.Slot slot) {
    try {
      compare(directory, listing, entry, slot);
    } catch (LinuxException e) {
      failed(directory, entry, e);
      directory.node.fill(slot, null);
    }
  }

  /** What stands at a name; with --fake-super what that means. */
  private @Nullable FileStatus status(TargetDirectory directory, byte[] name)
      throws LinuxException {
    FileStatus real = directory.status(name);
    return real == null || !inodes.isFake()
        ? real
        : inodes.keeper().meant(directory.opened(), name, real);
  }

  private void failed(TargetDirectory directory, SourceEntry entry, LinuxException e) {
    report.failure(
        CopyStatus.PARTIAL,
        directory.shown(entry),
        "cannot be copied here: " + e.reason() + " (" + e.call() + ")",
        e.errno());
  }

  private void compare(
      TargetDirectory directory, Listing listing, SourceEntry entry, Narrator.Slot slot)
      throws LinuxException {
    byte[] name = directory.targetName(entry);
    if (entry.removed()) {
      update.remover.removeArgument(directory, name);
      directory.node.fill(slot, null);
      return;
    }
    FileStatus existing = status(directory, name);
    if (isPassedOver(directory, entry, existing)
        || !isCopied(directory, entry)
        || isPassedOverAsFile(directory, entry, existing)) {
      directory.node.fill(slot, null);
      return;
    }
    if (rules.writeDevices
        && entry.isFile()
        && existing != null
        && existing.isDevice()
        && !inodes.isFake()) {
      try (FileHandle path = directory.opened().openPath(name)) {
        existing = DeviceFile.seen(path, existing);
      }
    }
    if (rules.hardLinks
        && (entry.status().links() > 1
            || rules.removeSourceFiles && update.links.knows(entry.status()))) {
      group(directory, listing, entry, slot, existing);
    } else {
      update(directory, listing, entry, slot, existing);
    }
  }

  /** Whether something of this kind is copied at all; says so if not. */
  private boolean isCopied(TargetDirectory directory, SourceEntry entry) {
    return switch (entry.kind()) {
      case SYMLINK -> {
        if (!rules.links) {
          yield skipsNonRegular(directory, entry);
        }
        byte[] path = directory.shown(entry);
        if (rules.safeLinks && SymbolicLinks.isUnsafe(entry.linkText(), path)) {
          report.note(
              InfoFlag.SYMSAFE,
              1,
              "ignoring unsafe symlink \""
                  + Names.display(path)
                  + "\" -> \""
                  + Names.display(entry.linkText())
                  + "\"");
          yield false;
        }
        yield true;
      }
      case DEVICE ->
          rules.devices && !rules.dropSpecials && (inodes.isRoot() || rules.fakeSuper)
              || skipsNonRegular(directory, entry);
      case SPECIAL -> rules.specials && !rules.dropSpecials || skipsNonRegular(directory, entry);
      case FILE, DIRECTORY -> true;
    };
  }

  private boolean skipsNonRegular(TargetDirectory directory, SourceEntry entry) {
    report.note(
        InfoFlag.NONREG,
        1,
        "skipping non-regular file \""
            + Names.display(Paths.join(directory.path, entry.name()))
            + "\"");
    return false;
  }

  private void skips(String what) {
    report.note(InfoFlag.SKIP, 1, what);
  }

  private static String shown(TargetDirectory directory, SourceEntry entry) {
    return Names.display(directory.shown(entry));
  }

  private boolean isPassedOver(
      TargetDirectory directory, SourceEntry entry, @Nullable FileStatus existing) {
    if (rules.existingOnly && existing == null) {
      skips("not creating new file \"" + shown(directory, entry) + "\"");
      return true;
    }
    if (rules.ignoreExisting && existing != null) {
      skips(shown(directory, entry) + " exists");
      return true;
    }
    return false;
  }

  private boolean isPassedOverAsFile(
      TargetDirectory directory, SourceEntry entry, @Nullable FileStatus existing) {
    if (!entry.isFile()) {
      return false;
    }
    FileStatus source = entry.status();
    if (source.size() > rules.sizeMax) {
      skips(shown(directory, entry) + " is over max-size");
      return true;
    }
    if (source.size() < rules.sizeMin) {
      skips(shown(directory, entry) + " is under min-size");
      return true;
    }
    if (rules.update
        && existing != null
        && existing.isRegular()
        && existing.mtimeSeconds() - source.mtimeSeconds()
            > Math.max(0, rules.modifyWindowSeconds)) {
      skips(shown(directory, entry) + " is newer");
      return true;
    }
    return false;
  }

  /** A name that is one of several of one inode. */
  private void group(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      @Nullable FileStatus existing)
      throws LinuxException {
    directory.filesLeft.incrementAndGet();
    boolean isDone = true;
    try {
      HardLinks.Role role =
          update.links.role(
              entry,
              Paths.join(directory.path, directory.targetName(entry)),
              path -> hasFile(path) || basis.has(path, listing, entry),
              () -> {
                again(directory, listing, entry, slot);
                update.fileDone(directory, listing);
              });
      if (role == HardLinks.Role.WAITS) {
        isDone = false;
        update.source().waits(listing);
        return;
      }
      HardLinks.Leader leader = update.links.leader(entry.status());
      if (role == HardLinks.Role.LEADS || leader == null) {
        update(directory, listing, entry, slot, existing);
      } else {
        link(directory, listing, entry, slot, existing, leader);
      }
    } finally {
      if (isDone) {
        update.fileDone(directory, listing);
      }
    }
  }

  /** Whether a file stands on the target at a path. */
  private boolean hasFile(byte[] path) throws LinuxException {
    try (DirectoryHandle in = update.open(Paths.parent(path))) {
      byte[] name = Paths.name(path);
      FileStatus real = in.status(name);
      FileStatus status =
          real == null || !inodes.isFake() ? real : inodes.keeper().meant(in, name, real);
      return status != null && status.isRegular();
    } catch (LinuxException e) {
      if (isGone(e)) {
        return false;
      }
      throw e;
    }
  }

  private void link(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      @Nullable FileStatus existing,
      HardLinks.Leader leader)
      throws LinuxException {
    int change = Change.HARD_LINK;
    if (existing != null && existing.isSameInode(leader.status())) {
      told(directory, entry, slot, Change.LINKED, null);
      return;
    }
    change |= differencesOfLink(directory, listing, entry, existing, leader.status());
    if (!rules.dryRun) {
      FileStatus made = placement.link(directory, entry, existing, leader);
      if (isSharedHereOnly(entry, made)) {
        // The leader has names here that are not among the source's: once more, and it is anew.
        report.failure(
            CopyStatus.VANISHED, directory.shown(entry), "its file has other names here too");
      }
    }
    tally.linked.increment();
    made(change, entry.kind());
    came(directory, entry, existing);
    told(directory, entry, slot, change, leader.shown());
    removeSource(directory, listing, entry);
  }

  /** As rsync has it, something of another kind is compared too, unless it went before. */
  private int differencesOfLink(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      @Nullable FileStatus existing,
      FileStatus leader)
      throws LinuxException {
    byte[] path = Paths.join(directory.path, directory.targetName(entry));
    boolean isSameKind = existing != null && SourceEntry.kindOf(existing) == entry.kind();
    if (existing == null || !isSameKind && !update.links.isAfterLeader(entry.status(), path)) {
      int toBasis = basis.differencesOfLink(directory, listing, entry, leader);
      return toBasis < 0 ? Change.NEW : toBasis;
    }
    int bits = differences(directory, entry, existing, true);
    boolean isLink = entry.kind() == Item.Kind.SYMLINK;
    return isLink && !isSameKind && existing.permissions() != 0777
        ? bits | Change.PERMISSIONS
        : bits;
  }

  private int differences(
      TargetDirectory directory, SourceEntry entry, FileStatus existing, boolean isWritten)
      throws LinuxException {
    return inodes.differences(
        directory.opened(), directory.targetName(entry), entry, existing, isWritten);
  }

  private void update(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      @Nullable FileStatus existing)
      throws LinuxException {
    switch (entry.kind()) {
      case FILE -> file(directory, listing, entry, slot, existing);
      case SYMLINK -> symbolicLink(directory, listing, entry, slot, existing);
      case DEVICE, SPECIAL -> node(directory, listing, entry, slot, existing);
      case DIRECTORY -> throw new IllegalArgumentException("a directory");
    }
  }

  private void file(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      @Nullable FileStatus existing)
      throws LinuxException {
    FileStatus standing = existing != null && existing.isRegular() ? existing : null;
    byte[] name = directory.targetName(entry);
    boolean isEqual =
        standing != null
            && !isSharedHereOnly(entry, standing)
            && isEqual(directory.opened(), name, listing, entry, standing);
    int differences =
        standing != null && isEqual ? differences(directory, entry, standing, false) : -1;
    if (standing != null
        && basis.replaces()
        && basis.providesExactly(directory, listing, entry, slot, standing)) {
      return;
    }
    if (standing != null && isEqual) {
      if (update.source().isSuspect(listing, entry)
          && isDoubted(directory, listing, entry, slot, standing)) {
        return;
      }
      standsEqual(directory, listing, entry, slot, standing, differences);
      return;
    }
    if (standing == null && basis.provides(directory, listing, entry, slot, existing)) {
      return;
    }
    if (isRenamed(directory, listing, entry, slot, existing)) {
      return;
    }
    if (standing != null
        && (rules.append || rules.appendVerify)
        && standing.size() >= entry.status().size()) {
      directory.node.fill(slot, null);
      return;
    }
    int change = Change.TRANSFER;
    if (standing == null) {
      int toBasis = rules.dryRun ? -1 : basis.differencesOf(directory, listing, entry);
      change |= toBasis < 0 ? Change.NEW : toBasis;
    } else {
      change |= differences(directory, entry, standing, true);
      if (rules.checksum) {
        change |= Change.CONTENT;
      }
    }
    if (existing != null && existing.isDirectory()) {
      placement.makeWay(directory, entry, existing);
    }
    if (rules.dryRun) {
      transferred(entry, change);
      stands(directory, entry, entry.status());
      told(directory, entry, slot, change, null);
      return;
    }
    directory.filesLeft.incrementAndGet();
    FileStatus replaced = existing != null && existing.isDirectory() ? null : existing;
    FileWork work = new FileWork(directory, listing, entry, slot, change, replaced);
    if (standing != null && (rules.append || rules.appendVerify)) {
      work.from = standing.size();
    }
    update.source().fetch(work);
  }

  /** The content that stands is the source's; the rest is put right. */
  private void standsEqual(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      FileStatus standing,
      int change)
      throws LinuxException {
    if ((change != 0 || inodes.needsExactTime(entry, standing)) && !rules.dryRun) {
      placement.adjust(directory, entry, standing, change);
      tally.adjusted.increment();
    }
    stands(directory, entry, standing);
    told(directory, entry, slot, inodes.told(change, entry, standing), null);
    removeSource(directory, listing, entry);
  }

  /**
   * Whether what stands has more names here than at the source, so that others would change with
   * it: in a series of copies it is made anew (H10).
   */
  private boolean isSharedHereOnly(SourceEntry entry, FileStatus standing) {
    return update.custody != null && rules.hardLinks && standing.links() > entry.status().links();
  }

  /**
   * Asks the source whether a content that is in doubt is the same (H19); it says later: {@link
   * #same}, or by sending it.
   *
   * @return false when that cannot be asked
   */
  private boolean isDoubted(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      FileStatus standing)
      throws LinuxException {
    FileWork work = new FileWork(directory, listing, entry, slot, Change.TRANSFER, standing);
    work.candidate = new Renames.Candidate(directory.path, directory.targetName(entry), standing);
    work.isDoubted = true;
    return isAsked(work, directory.opened());
  }

  private void transferred(SourceEntry entry, int change) {
    tally.transferred.increment();
    tally.sizeTransferred.add(entry.status().size());
    made(change, Item.Kind.FILE);
  }

  private void made(int change, Item.Kind kind) {
    if ((change & Change.NEW) != 0) {
      tally.made.add(kind);
    }
  }

  /** Something has its name now; those at which nothing stood are told to who guards removals. */
  private void came(TargetDirectory directory, SourceEntry entry, @Nullable FileStatus existing) {
    if (update.custody != null && existing == null) {
      update.custody.came(Paths.join(directory.path, directory.targetName(entry)));
    }
  }

  /** Whether the file stands under a name that it had before, from where it was brought here. */
  private boolean isRenamed(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      @Nullable FileStatus existing)
      throws LinuxException {
    Renames renames = update.renames;
    byte[] path = Paths.join(directory.path, directory.targetName(entry));
    Renames.Candidate candidate =
        renames == null
            ? cameFrom.candidate(listing, entry, path)
            : existing == null ? renames.take(entry, path) : null;
    if (candidate == null) {
      return false;
    }
    try (DirectoryHandle in = update.open(candidate.directory())) {
      int differences = basis.differencesOf(directory, listing, entry);
      int change = Change.TRANSFER | (differences < 0 ? Change.NEW : differences);
      FileWork work = new FileWork(directory, listing, entry, slot, change, existing);
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
          .hasSameContent(in, candidate.name(), candidate.status(), listing, entry)) {
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
    SourceEntry entry = work.entry;
    if (!rules.dryRun) {
      placement.bringFrom(in, candidate, work);
      if (update.custody != null && !candidate.isExchanged()) {
        byte[] path = Paths.join(work.directory.path, work.name());
        update.custody.renamed(candidate.path(), path, work.existing != null);
      }
    }
    stands(work.directory, entry, candidate.status());
    tally.made.add(Item.Kind.FILE);
    tally.renamed.increment();
    int change = Change.RENAMED | Change.LOCAL | Change.NEW;
    told(work.directory, entry, work.slot, change, candidate.path());
    removeSource(work.directory, work.listing, entry);
  }

  /** The candidate has the source's content. */
  void same(FileWork work) {
    Renames.Candidate candidate = java.util.Objects.requireNonNull(work.candidate);
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
    try {
      int differences = differences(work.directory, work.entry, standing, false);
      standsEqual(work.directory, work.listing, work.entry, work.slot, standing, differences);
    } catch (LinuxException e) {
      failed(work.directory, work.entry, e);
      work.directory.node.fill(work.slot, null);
      linkFailed(work.entry);
    }
    update.fileDone(work.directory, work.listing);
  }

  /** The candidate is another file; this one would be transferred (a dry run). */
  void different(FileWork work) {
    giveBack(work);
    transferred(work.entry, work.change);
    stands(work.directory, work.entry, work.entry.status());
    told(work.directory, work.entry, work.slot, work.change, null);
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

  // What sources call while they bring content; the thread that works on the file.

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

  /** All content is there: gives the file its attributes and its name. */
  void end(FileWork work) {
    try {
      sums.note(work);
      FileStatus placed = placement.place(work);
      transferred(work.entry, work.change);
      came(work.directory, work.entry, work.existing);
      tally.literal.add(work.literal);
      tally.matched.add(work.matched);
      stands(work.directory, work.entry, placed, placement.linkable(work));
      told(work);
      removeSource(work.directory, work.listing, work.entry);
    } catch (LinuxException e) {
      fail(work, e);
      return;
    }
    update.fileDone(work.directory, work.listing);
  }

  /** The content does not come, or cannot be written; what stood at the name still does. */
  void fail(FileWork work, CopyStatus status, String why) {
    fail(work, status, why, null, 0);
  }

  private void fail(FileWork work, CopyStatus status, String why, @Nullable Item told, int errno) {
    placement.discard(work);
    report.failure(status, work.shown(), why, errno);
    linkFailed(work.entry);
    work.directory.node.fill(work.slot, told);
    update.fileDone(work.directory, work.listing);
  }

  /** The copy ends in the middle of the file: it is given up, or kept where the user wants that. */
  void abandon(FileWork work) {
    try {
      placement.keepPartial(work);
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL, work.shown(), "what came of it cannot be kept: " + e.reason());
    }
    placement.discard(work);
    work.directory.node.fill(work.slot, null);
    update.fileDone(work.directory, work.listing);
  }

  void fail(FileWork work, LinuxException e) {
    // As with rsync, what was to be transferred is told although it did not come to that.
    tally.transferred.increment();
    tally.sizeTransferred.add(work.entry.status().size());
    byte[] path = work.directory.shown(work.entry);
    String why = "cannot be written here: " + e.reason() + " (" + e.call() + ")";
    work.literal = 0;
    work.matched = 0;
    Item told = item(work.directory, work.entry, path, work.change, null, work);
    fail(work, CopyStatus.PARTIAL, why, told, e.errno());
  }

  private void linkFailed(SourceEntry entry) {
    if (rules.hardLinks && entry.status().links() > 1) {
      update.source().later(update.links.failed(entry.status()));
    }
  }

  /** What other names of the same inode wait for. */
  void stands(TargetDirectory directory, SourceEntry entry, FileStatus placed) {
    byte[] path = Paths.join(directory.path, directory.targetName(entry));
    stands(directory, entry, placed, path);
  }

  private void stands(
      TargetDirectory directory, SourceEntry entry, FileStatus placed, byte[] path) {
    if (rules.hardLinks && entry.status().links() > 1) {
      HardLinks.Leader leader =
          new HardLinks.Leader(
              path,
              Paths.join(directory.path, entry.name()), // without the '/' of an absolute path
              placed);
      update.source().later(update.links.stands(entry.status(), leader));
    }
  }

  void removeSource(TargetDirectory directory, Listing listing, SourceEntry entry) {
    if (rules.removeSourceFiles && !rules.dryRun) {
      update.source().remove(directory, listing, entry);
    }
  }

  private void symbolicLink(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      @Nullable FileStatus existing)
      throws LinuxException {
    byte[] text = entry.linkText();
    FileStatus standing = existing != null && existing.isSymbolicLink() ? existing : null;
    boolean isSame =
        standing != null
            && !isSharedHereOnly(entry, standing)
            && Arrays.equals(placement.linkText(directory, directory.targetName(entry)), text);
    linkOrNode(
        directory,
        listing,
        entry,
        slot,
        existing,
        standing,
        isSame,
        text,
        (in, at) -> placement.makeSymbolicLink(in, at, text));
  }

  private void node(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      @Nullable FileStatus existing)
      throws LinuxException {
    FileStatus source = entry.status();
    FileStatus standing =
        existing != null && SourceEntry.kindOf(existing) == entry.kind() ? existing : null;
    boolean isSame =
        standing != null
            && !isSharedHereOnly(entry, standing)
            && (standing.mode() & FileStatus.TYPE) == (source.mode() & FileStatus.TYPE)
            && (entry.kind() != Item.Kind.DEVICE
                || standing.specialDevice() == source.specialDevice());
    linkOrNode(
        directory,
        listing,
        entry,
        slot,
        existing,
        standing,
        isSame,
        null,
        (in, at) -> placement.makeNode(in, at, source));
  }

  /**
   * A link, device or special file: its attributes are put right, or it is made anew.
   *
   * @param standing what stands, if it is of the same kind
   * @param isSame whether what stands is it, but for its attributes
   * @param text of a link
   */
  private void linkOrNode(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      Narrator.Slot slot,
      @Nullable FileStatus existing,
      @Nullable FileStatus standing,
      boolean isSame,
      byte @Nullable [] text,
      Placement.Maker maker)
      throws LinuxException {
    int change;
    if (standing != null && isSame) {
      change = differences(directory, entry, standing, false);
      if (change != 0 && !rules.dryRun) {
        placement.adjust(directory, entry, standing, change);
      }
      if (entry.kind() != Item.Kind.SYMLINK) {
        change = inodes.told(change, entry, standing);
      }
      stands(directory, entry, standing);
    } else {
      // As rsync has it, what is in the way of something that is no file hides the basis.
      if (existing == null && basis.provides(directory, listing, entry, slot, null)) {
        return;
      }
      change = makeAnew(directory, listing, entry, existing, standing, maker);
      came(directory, entry, existing);
    }
    made(change, entry.kind());
    told(directory, entry, slot, change, text);
    removeSource(directory, listing, entry);
  }

  /**
   * Makes a link, device or special file that does not stand, or in the place of another one.
   *
   * @param standing what stands, if it is of the same kind
   * @return what is told of it
   */
  private int makeAnew(
      TargetDirectory directory,
      Listing listing,
      SourceEntry entry,
      @Nullable FileStatus existing,
      @Nullable FileStatus standing,
      Placement.Maker maker)
      throws LinuxException {
    int change = Change.LOCAL;
    if (standing != null) {
      byte[] name = directory.targetName(entry);
      change |= inodes.differencesOfMade(directory.opened(), name, entry, standing);
    } else {
      change |= existing == null ? basis.ofMade(directory, listing, entry) : Change.NEW;
    }
    if (existing != null && existing.isDirectory()) {
      placement.makeWay(directory, entry, existing);
    }
    if (rules.dryRun) {
      tellBackup(directory, entry, existing);
      stands(directory, entry, entry.status());
    } else {
      stands(directory, entry, placement.make(directory, entry, existing, maker));
    }
    return change;
  }

  /** In a dry run, what would be kept when something else takes its place. */
  private void tellBackup(
      TargetDirectory directory, SourceEntry entry, @Nullable FileStatus existing) {
    if (existing != null && !existing.isDirectory()) {
      placement.backups().tell(directory.path, directory.targetName(entry));
    }
  }

  /**
   * A directory of the source: compared, and noted to be entered; it is made when it is entered.
   */
  void updateDirectory(TargetDirectory parent, SourceEntry source) {
    tally.seen.add(Item.Kind.DIRECTORY);
    SourceEntry entry = owned(parent, source);
    if (entry == null) {
      return;
    }
    try {
      directory(parent, entry);
    } catch (LinuxException e) {
      failed(parent, entry, e);
    }
  }

  /** The target's own directory, when the content of one is copied into it. */
  void root(TargetDirectory root, boolean isMade) {
    SourceEntry self = root.self == null ? null : owned(root, root.self);
    root.self = self;
    if (self == null) {
      return;
    }
    tally.seen.add(Item.Kind.DIRECTORY);
    int change;
    try {
      if (update.hasRoot()) {
        try (DirectoryHandle handle = update.open(Paths.NONE)) {
          FileStatus before = handle.status();
          root.before = before;
          change = inodes.differences(handle, Paths.HERE, self, before, false);
        }
      } else {
        change = 0;
      }
      if (isMade && rules.existingOnly && rules.dryRun) {
        return;
      }
      if (isMade) {
        root.isFirstDressed = true;
        change = Change.LOCAL | basis.ofRoot(self);
        made(change, Item.Kind.DIRECTORY);
      }
    } catch (LinuxException e) {
      report.failure(CopyStatus.PARTIAL, Paths.HERE, "cannot be opened here: " + e.reason());
      return;
    }
    root.node.add(item(root, self, Paths.HERE, change, null, null));
  }

  private void directory(TargetDirectory parent, SourceEntry entry) throws LinuxException {
    byte[] name = parent.targetName(entry);
    FileStatus existing = status(parent, name);
    if (existing != null && existing.isSymbolicLink() && rules.keepDirectoryLinks) {
      FileStatus behind = parent.opened().statusThroughLink(name);
      existing = behind != null && behind.isDirectory() ? behind : existing;
    }
    boolean stands = existing != null && existing.isDirectory();
    if (!stands && update.custody != null && !isWhole(entry)) {
      Listing listing = parent.listing;
      if (listing != null && update.source().leavesMissing(listing)) {
        return;
      }
      update.lacking.accept(Paths.join(parent.path, name)); // it comes with all that is in it
      return;
    }
    if (existing == null && rules.existingOnly) {
      report.note(
          InfoFlag.SKIP,
          1,
          "not creating new directory \"" + Names.display(parent.shown(entry)) + "\"");
      update.source().passes(entry);
      return;
    }
    if (!stands && existing != null) {
      if (rules.ignoreExisting) {
        report.note(InfoFlag.SKIP, 1, Names.display(parent.shown(entry)) + " exists");
        return;
      }
      placement.makeWay(parent, entry, existing);
    }
    boolean isAttributed = !entry.implied() || rules.impliedDirectories;
    int change;
    if (stands && existing != null) {
      change = differences(parent, entry, existing, false);
    } else {
      change = basis.ofDirectory(parent, entry) | Change.LOCAL;
      if (isAttributed) {
        made(change, Item.Kind.DIRECTORY);
      }
      came(parent, entry, existing);
    }
    Narrator.Node node = parent.node.child();
    if (isAttributed) {
      node.add(item(parent, entry, parent.shown(entry), change, null, null));
    }
    TargetDirectory child =
        new TargetDirectory(
            Paths.join(parent.path, name),
            parent,
            isAttributed ? entry : null,
            entry.below(),
            node);
    child.isAbsolute = parent.isAbsolute || entry.absolute();
    child.before = stands ? existing : null;
    child.isNew = !stands;
    if (entry.below() == null) {
      alone(parent, child, entry);
      return;
    }
    if (!stands) {
      if (rules.dryRun) {
        child.state = TargetDirectory.State.ABSENT;
      }
      parent.directoriesLeft.incrementAndGet();
    }
    parent.children.add(child);
  }

  /** Whether everything that the directory holds is listed. */
  private static boolean isWhole(SourceEntry entry) {
    SourceDirectory below = entry.below();
    return below != null && !below.isPartial();
  }

  /** A directory of which nothing else is copied. */
  private void alone(TargetDirectory parent, TargetDirectory child, SourceEntry entry)
      throws LinuxException {
    child.node.close();
    if (rules.dryRun) {
      return;
    }
    if (child.isNew) {
      parent.opened().makeDirectory(parent.targetName(entry), 0700);
    }
    try (DirectoryHandle made = parent.opened().beneath(parent.targetName(entry))) {
      child.handle = made;
      child.inherited = inodes.keeper().inherited(made);
      finish(child);
    }
  }

  /** A user who is not root can only work in a directory that lets its owner in. */
  void makeAccessible(TargetDirectory directory) throws LinuxException {
    FileStatus before = directory.before;
    if (before != null
        && !inodes.isRoot()
        && (before.mode() & 0700) != 0700
        && !rules.dryRun
        && directory.self != null) {
      directory.opened().setPermissions(before.permissions() | 0700);
    }
  }

  /** Everything in the directory is made: it gets its attributes. */
  void finish(TargetDirectory directory) {
    SourceEntry self = directory.self;
    if (rules.dryRun || directory.state == TargetDirectory.State.ABSENT || isHalted()) {
      return;
    }
    boolean isOpen = directory.handle != null;
    try {
      DirectoryHandle handle = isOpen ? directory.opened() : update.open(directory.path);
      try {
        if (self != null) {
          inodes.finish(directory, handle, self);
        } else if (directory.isNew) {
          handle.setPermissions(inodes.withoutSource());
        }
      } finally {
        if (!isOpen) {
          handle.close();
        }
      }
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL,
          directory.path,
          "the directory's attributes cannot be set here: " + e.reason(),
          e.errno());
    }
  }

  private boolean isHalted() {
    Custody custody = update.custody;
    return custody != null && custody.isHalted();
  }

  void close() {
    basis.close();
  }

  // What is told.

  void told(
      TargetDirectory directory,
      SourceEntry entry,
      Narrator.Slot slot,
      int change,
      byte @Nullable [] link) {
    directory.node.fill(
        slot,
        rules.wantsItems
            ? item(directory, entry, directory.shown(entry), change, link, null)
            : null);
  }

  private void told(FileWork work) {
    SourceEntry entry = work.entry;
    work.directory.node.fill(
        work.slot, item(work.directory, entry, work.shown(), work.change, null, work));
  }

  /**
   * @param work what was transferred; null for nothing
   */
  private @Nullable Item item(
      TargetDirectory directory,
      SourceEntry entry,
      byte[] path,
      int change,
      byte @Nullable [] link,
      @Nullable FileWork work) {
    Change told = new Change(change);
    if (!rules.wantsItems || told.isNone() && !rules.wantsUnchanged) {
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
        link == null && entry.kind() == Item.Kind.SYMLINK ? entry.linkText() : link,
        work == null ? 0 : work.literal,
        work == null ? 0 : work.matched,
        status.atimeSeconds(),
        listing == null ? update.selfArgument : listing.directory().argument(entry.place()),
        sums.of(update.source(), directory, entry, change, work));
  }

  /** The errors after which a name is as good as not there. */
  static boolean isGone(LinuxException e) {
    return switch (e.errno()) {
      case Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EXDEV -> true;
      default -> false;
    };
  }
}
