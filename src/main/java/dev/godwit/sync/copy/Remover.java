package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes names from the target. A directory is emptied name by name and then removed with rmdir,
 * never as a whole: what is protected, newly appeared or another file system stops that and is told
 * (H35).
 */
final class Remover {
  /**
   * A directory of the target, and what in it is to be removed.
   *
   * @param isContent whether names may be removed there at all
   * @param present how many names it has, those included
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Found(
      byte[] directory, boolean isContent, List<byte[]> names, long present, FilterScope scope) {}

  private record Candidate(boolean isDirectory, byte[] name) {}

  private final TreeUpdate update;
  private final Rules rules;
  private final Report report;
  private final ToldRulings rulings;
  private long removed;
  private long skipped;

  Remover(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.report = update.report;
    this.rulings = ToldRulings.ofTarget(report, rules.tellsRulings);
  }

  /**
   * Removes what the source does not have, in reverse order of the list; later, where it is not
   * known yet whether all that comes before the directory can be read.
   *
   * @param rest what is still to be done in the directory
   * @return whether that is done later too, by who removes
   */
  boolean removeExtraneous(TargetDirectory directory, Listing listing, Runnable rest)
      throws LinuxException {
    DirectoryHandle handle = directory.opened();
    Found found = find(directory, listing);
    Custody custody = update.custody;
    if (custody != null && directory.path.length == 0 && listing.entries().isEmpty()) {
      if (!found.names.isEmpty()) {
        custody.sourceIsEmpty();
      }
      return false;
    }
    if (custody == null && !found.names.isEmpty() && !rules.deleteOnErrors) {
      // Else one that goes later would be in the way of one that the file system takes for it.
      boolean isFirst = update.folding.mayFold(handle);
      if (isLater(directory, found, isFirst ? rest : () -> {})) {
        return isFirst;
      }
      if (isStopped(directory.path)) {
        return false; // that was not known yet when it was looked at
      }
    }
    for (byte[] name : found.names) {
      if (custody != null && !mayRemove(custody, directory.path, handle, name)) {
        continue;
      }
      var unused = remove(directory.path, handle, name, found.scope, directory.node::add);
    }
    return false;
  }

  /** Keeps what was found for later, if it has to wait; the directory gets its time after it. */
  private boolean isLater(TargetDirectory directory, Found found, Runnable rest) {
    Narrator.Slot slot = directory.node.reserve();
    directory.directoriesLeft.incrementAndGet();
    boolean isLater =
        update
            .source()
            .removesLater(
                directory.path,
                () -> {
                  if (!isStopped(directory.path)) {
                    remove(found, false, item -> directory.node.addAfter(slot, item));
                  }
                  directory.node.fill(slot, null);
                  rest.run();
                  update.directoryDone(directory);
                });
    if (!isLater) {
      directory.node.fill(slot, null);
      directory.directoriesLeft.decrementAndGet();
    }
    return isLater;
  }

  /** Whether something before a directory, or in it, could not be read (H28); that is told. */
  boolean isStopped(byte[] directory) {
    boolean isStopped =
        update.custody == null && !rules.deleteOnErrors && report.hasSourceError(directory);
    if (isStopped) {
      tellErrors();
    }
    return isStopped;
  }

  /** The same, of a directory that is listed. */
  boolean isStopped(byte[] directory, Listing listing) {
    if (!listing.isComplete() && !rules.deleteOnErrors) {
      tellErrors();
      return true;
    }
    return isStopped(directory);
  }

  Found find(TargetDirectory directory, Listing listing) throws LinuxException {
    return find(directory, listing, null);
  }

  /**
   * What of a directory of the target is to be removed.
   *
   * @param missing is given what the source has and the target does not; all that is certain of it
   *     even where nothing may be removed. Null: nobody wants to know
   */
  Found find(TargetDirectory directory, Listing listing, @Nullable List<SourceEntry> missing)
      throws LinuxException {
    FilterScope scope = directory.scope;
    FilterScope inForce = scope == null ? update.filters.target() : scope;
    DirectoryHandle handle = directory.opened();
    if (!listing.isContent()
        || scope == null
        || update.custody != null
            && !update.custody.removesUnseen()
            && !update.source().isReplaced(listing)) {
      for (SourceEntry entry : missing == null ? List.<SourceEntry>of() : listing.entries()) {
        if (missing != null && handle.status(entry.name()) == null) {
          missing.add(entry);
        }
      }
      removeTemporaries(directory.path, handle);
      return new Found(directory.path, false, List.of(), 0, inForce);
    }
    // In a series only the directory counts that could not be read: others wait for nothing.
    if (isStopped(directory.path, listing)) {
      removeTemporaries(directory.path, handle);
      return new Found(directory.path, true, List.of(), 0, inForce);
    }
    return extraneous(directory, handle, listing, missing);
  }

  private static FilterScope scopeOf(TargetDirectory directory) {
    return java.util.Objects.requireNonNull(directory.scope);
  }

  /** Removes what was found in a directory when that was worked on, if it may still be removed. */
  void removeFound(Found found) {
    if (!found.isContent) {
      return;
    }
    boolean isStopped =
        rules.deletion == Deletion.AFTER && update.custody == null
            ? report.hasErrorInTheEnd() && !rules.deleteOnErrors
            : isStopped(found.directory);
    if (isStopped) {
      tellErrors();
    } else {
      remove(found);
    }
  }

  void remove(Found found) {
    remove(found, rules.deletion != Deletion.BEFORE || rules.detectRenames, report::item);
  }

  /**
   * @param isDone whether the directory has its time already; else the copy still sets it
   */
  private void remove(Found found, boolean isDone, Teller teller) {
    if (found.names.isEmpty()) {
      return;
    }
    try (DirectoryHandle handle = update.open(found.directory)) {
      FileStatus before = handle.status();
      for (byte[] name : found.names) {
        var unused = remove(found.directory, handle, name, found.scope, teller);
      }
      if (isDone) {
        update.inodes.restoreTime(handle, before);
      }
    } catch (LinuxException e) {
      if (!Paths.isGone(e)) {
        failed(found.directory, e);
      }
    }
  }

  private Found extraneous(
      TargetDirectory directory,
      DirectoryHandle handle,
      Listing listing,
      @Nullable List<SourceEntry> missing)
      throws LinuxException {
    List<Candidate> names = new ArrayList<>();
    BitSet there = new BitSet();
    long present = 0;
    handle.rewind(); // it may have been read to its end, as for --fuzzy
    for (List<DirectoryEntry> some = handle.nextEntries();
        some != null;
        some = handle.nextEntries()) {
      for (DirectoryEntry entry : some) {
        byte[] name = entry.name();
        if (TemporaryNames.isTemporary(name)) {
          removeTemporary(directory.path, handle, name);
          continue;
        }
        present++;
        int index = listing.indexOf(name);
        if (index >= 0) {
          there.set(index);
          rulings.tell(scopeOf(directory), directory.path, handle, entry);
          continue;
        }
        boolean isDirectory = handle.isDirectory(entry);
        if (!rulings.excludes(scopeOf(directory), directory.path, name, isDirectory)
            && !(rules.backup && !isDirectory && update.placement.backups().isBackup(name))) {
          names.add(new Candidate(isDirectory, name));
        }
      }
    }
    if (missing != null) {
      for (int i = there.nextClearBit(0);
          i < listing.entries().size();
          i = there.nextClearBit(i + 1)) {
        missing.add(listing.entries().get(i));
      }
    }
    names.sort(
        (one, other) -> Listing.compare(other.isDirectory, other.name, one.isDirectory, one.name));
    return new Found(
        directory.path,
        true,
        names.stream().map(Candidate::name).toList(),
        present,
        scopeOf(directory));
  }

  private boolean toldErrors;

  synchronized void tellErrors() {
    if (!toldErrors) {
      toldErrors = true;
      report.note(0, "IO error encountered -- skipping file deletion");
    }
  }

  /** What a killed run left. */
  void removeTemporaries(byte[] path, DirectoryHandle handle) throws LinuxException {
    if (!handle.isListable() || !handle.hasNameThatBegins(TemporaryNames.prefix())) {
      return;
    }
    for (DirectoryEntry entry : handle.entries()) {
      if (TemporaryNames.isTemporary(entry.name())) {
        removeTemporary(path, handle, entry.name());
      }
    }
  }

  private void removeTemporary(byte[] path, DirectoryHandle handle, byte[] name) {
    if (rules.dryRun || update.temporaries.isOwn(name) || update.others.mayWriteIn(handle)) {
      return;
    }
    try {
      clear(handle, name);
    } catch (LinuxException e) {
      if (!Paths.isGone(e)) {
        failed(Paths.join(path, name), e);
      }
    }
  }

  /** A new directory that shall not get its name: nothing in it was ever seen. */
  void removeFresh(byte[] directory, byte[] temporary) {
    try (DirectoryHandle in = update.open(directory)) {
      clear(in, temporary);
    } catch (LinuxException e) {
      // It stays until the next run recognises it.
    }
  }

  /**
   * Removes something that has a temporary name, with all below it: what was to get its own name,
   * or a directory that gave way and was allowed to go. Of any depth, because the directories in it
   * are brought up to its top one by one.
   */
  private void clear(DirectoryHandle handle, byte[] name) throws LinuxException {
    FileStatus status = handle.status(name);
    if (status == null) {
      return;
    }
    if (!status.isDirectory()) {
      handle.remove(name);
      return;
    }
    try (DirectoryHandle top = handle.beneathOnSameMount(name)) {
      boolean isProgress = true;
      LinuxException last = null;
      for (List<DirectoryEntry> left = top.entries(); !left.isEmpty(); left = top.entries()) {
        if (!isProgress && last != null) {
          throw last;
        }
        isProgress = false;
        for (DirectoryEntry entry : left) {
          try {
            clearBelow(top, entry);
            isProgress = true;
          } catch (LinuxException e) {
            last = e;
          }
        }
      }
    }
    handle.removeDirectory(name);
  }

  private void clearBelow(DirectoryHandle top, DirectoryEntry entry) throws LinuxException {
    if (!top.isDirectory(entry)) {
      top.remove(entry.name());
      return;
    }
    try (DirectoryHandle below = top.beneathOnSameMount(entry.name())) {
      for (DirectoryEntry one : below.entries()) {
        if (below.isDirectory(one)) {
          below.renameInto(one.name(), top, update.temporaries.next());
        } else {
          below.remove(one.name());
        }
      }
    }
    top.removeDirectory(entry.name());
  }

  /** Whether the guards of a series let a name go (H25, H27). */
  private boolean mayRemove(Custody custody, byte[] path, DirectoryHandle in, byte[] name) {
    byte[] whole = Paths.join(path, name);
    try {
      FileStatus status = in.status(name);
      return status != null && custody.mayRemove(whole, in, name, status.isDirectory(), report);
    } catch (LinuxException e) {
      failed(whole, e);
      return false;
    }
  }

  /** What becomes of a removal that is to be told. */
  interface Teller {
    void tell(Item item);
  }

  /** Returns whether the name is gone. */
  private boolean remove(
      byte[] path, DirectoryHandle in, byte[] name, FilterScope scope, Teller teller) {
    byte[] whole = Paths.join(path, name);
    try {
      FileStatus status = in.status(name);
      if (status == null) {
        return true;
      }
      if (!status.isDirectory()) {
        return removeFile(path, in, name, status, teller);
      }
      Emptying.Rest rest;
      try {
        rest = emptied(whole, in, name, status, scope, teller);
      } catch (LinuxException e) {
        if (!mayBeEmpty(e)) {
          throw e;
        }
        return removeUnlisted(whole, in, name, status, e, teller);
      }
      if (rest != Emptying.Rest.NOTHING) {
        tellNotEmpty(whole, rest == Emptying.Rest.LEFT_OUT);
        return false;
      }
      return removeDirectory(whole, in, name, status, teller);
    } catch (LinuxException e) {
      failed(whole, e);
      return false;
    }
  }

  /**
   * @param isOfFilters whether all that is left in it is what filters leave out: then it is as it
   *     was asked for, and no look will change that
   */
  void tellNotEmpty(byte[] whole, boolean isOfFilters) {
    Custody custody = update.custody;
    if (custody == null) {
      report.note(0, "cannot delete non-empty directory: " + Names.display(whole));
    } else if (isOfFilters) {
      custody.holdsLeftOut(whole);
    } else {
      report.failure(CopyStatus.PARTIAL, whole, "not removed: it holds what could not be removed");
    }
  }

  boolean removeFile(byte[] path, DirectoryHandle in, byte[] name, FileStatus status, Teller teller)
      throws LinuxException {
    if (!mayRemove()) {
      return false;
    }
    boolean isKept = rules.backup && !update.placement.backups().isBackup(name);
    if (rules.dryRun && isKept) {
      update.placement.backups().tell(path, name);
    }
    if (!rules.dryRun) {
      if (isKept || rules.trash != null) {
        update.placement.backups().move(path, in, name);
      } else {
        try {
          in.remove(name);
        } catch (LinuxException e) {
          if (e.errno() != Errno.ENOENT) {
            throw e;
          }
        }
      }
    }
    told(Paths.join(path, name), status, teller);
    return true;
  }

  boolean removeDirectory(
      byte[] whole, DirectoryHandle in, byte[] name, FileStatus status, Teller teller)
      throws LinuxException {
    if (!mayRemove()) {
      return false;
    }
    if (!rules.dryRun) {
      try {
        in.removeDirectory(name);
      } catch (LinuxException e) {
        if (e.errno() == Errno.ENOTEMPTY) {
          tellNotEmpty(whole, false); // something has come meanwhile
          return false;
        }
        throw e;
      }
    }
    told(whole, status, teller);
    return true;
  }

  /** Whether a directory that could not be emptied goes if nothing is in it, as with rsync. */
  boolean mayBeEmpty(LinuxException e) {
    return e.errno() == Errno.EACCES && update.custody == null;
  }

  /**
   * A directory that this user may not list: that is told, and the kernel knows whether it is empty
   * (rmdir(2)).
   *
   * @return whether it is gone
   */
  boolean removeUnlisted(
      byte[] whole,
      DirectoryHandle in,
      byte[] name,
      FileStatus status,
      LinuxException why,
      Teller teller)
      throws LinuxException {
    tellUnlisted(whole, why);
    return removeDirectory(whole, in, name, status, teller);
  }

  private void tellUnlisted(byte[] whole, LinuxException why) {
    report.failure(
        CopyStatus.PARTIAL,
        whole,
        "cannot be listed " + update.where + ": " + why.reason(),
        why.errno());
  }

  /** Removes everything in a directory; returns what is left. */
  private Emptying.Rest emptied(
      byte[] whole,
      DirectoryHandle in,
      byte[] name,
      FileStatus status,
      FilterScope scope,
      Teller teller)
      throws LinuxException {
    return new Emptying(update, this, teller, false).run(whole, in, name, status, scope);
  }

  private void told(byte[] whole, FileStatus status, Teller teller) {
    Item.Kind kind = SourceEntry.kindOf(status);
    update.tally.removed.add(kind);
    if (update.isTold()) {
      teller.tell(
          new Item(
              new Change(Change.DELETED),
              whole,
              kind,
              status.mode(),
              status.uid(),
              status.gid(),
              0,
              status.mtimeSeconds(),
              status.mtimeNanos(),
              status.specialDevice(),
              null,
              0,
              0,
              status.atimeSeconds(),
              -1,
              null));
    }
  }

  /** Counts against the limit (H27). */
  private synchronized boolean mayRemove() {
    if (rules.deleteMax >= 0 && removed >= rules.deleteMax) {
      skipped++;
      return false;
    }
    removed++;
    return true;
  }

  void failed(byte[] whole, LinuxException e) {
    report.failure(
        CopyStatus.PARTIAL,
        whole,
        "cannot be removed " + update.where + ": " + e.reason(),
        e.errno());
  }

  /** To be called at the end: says what the limit stopped. */
  synchronized void end() {
    if (skipped > 0) {
      report.failure(
          CopyStatus.MAX_DELETE,
          Paths.HERE,
          "removals stopped at the limit of --max-delete; " + skipped + " names were left");
    }
  }

  /**
   * A directory is in the way of something of another type. When this returns it may go: with all
   * that is in it, or it has been emptied where what is in it is kept or counted name by name. It
   * stands until what comes takes its place ({@link #exchange}). In a dry run it is told what would
   * go.
   *
   * @throws LinuxException ENOTEMPTY when it may not go
   */
  void makeWay(TargetDirectory directory, byte[] name) throws LinuxException {
    DirectoryHandle in = directory.opened();
    FileStatus status = in.status(name);
    if (status == null || !status.isDirectory()) {
      return;
    }
    byte[] whole = Paths.join(directory.path, name);
    Custody custody = update.custody;
    if (custody != null && !custody.mayRemove(whole, in, name, true, report)) {
      throw new LinuxException("rmdir", "", Errno.ENOTEMPTY);
    }
    new Giving(directory, in, name, whole, directory.node::add).prepare(status);
  }

  /** As {@link #makeWay}, and the directory goes although nothing takes its place. */
  void removeWay(TargetDirectory directory, byte[] name) throws LinuxException {
    makeWay(directory, name);
    DirectoryHandle in = directory.opened();
    byte[] whole = Paths.join(directory.path, name);
    new Giving(directory, in, name, whole, directory.node::add).remove();
  }

  /**
   * Something that has a temporary name takes the place of a directory for which {@link #makeWay}
   * has seen to it that it may go. The two exchange their names, so that there is no moment without
   * either (H22), and the directory is removed under the temporary name; a run that is killed
   * meanwhile leaves what the next one recognises. Where the file system cannot exchange names the
   * directory is removed first.
   *
   * @param in the directory that both names are in
   */
  void exchange(
      TargetDirectory directory, DirectoryHandle in, byte[] temporary, byte[] name, Teller teller)
      throws LinuxException {
    FileStatus status = in.status(name);
    if (status == null || !status.isDirectory()) {
      in.rename(temporary, name);
      return;
    }
    Giving giving = new Giving(directory, in, name, Paths.join(directory.path, name), teller);
    giving.prepare(status); // once more: content may have come since
    if (isExchanged(in, temporary, in, name)) {
      giving.removeAside(temporary);
    } else {
      giving.remove();
      in.rename(temporary, name);
    }
  }

  /** Exchanges two names; false when the file system cannot, or nothing stands there by now. */
  static boolean isExchanged(DirectoryHandle in, byte[] one, DirectoryHandle to, byte[] other)
      throws LinuxException {
    try {
      in.exchangeWith(one, to, other);
      return true;
    } catch (LinuxException e) {
      return switch (e.errno()) {
        // An overlay file system says EXDEV of a directory that it has from below.
        case Errno.EINVAL, Errno.ENOSYS, Errno.EOPNOTSUPP, Errno.EXDEV, Errno.ENOENT -> false;
        default -> throw e;
      };
    }
  }

  /** A directory that gives way to something of another type. */
  private final class Giving {
    private final DirectoryHandle in;
    private final byte[] name;
    private final byte[] whole;
    private final Teller teller;

    /** Whether more than an empty directory may go. */
    private final boolean removes = rules.deletes() || rules.force;

    /** Null where nothing in it may go, or what is protected is not known. */
    private final @Nullable FilterScope scope;

    Giving(
        TargetDirectory directory, DirectoryHandle in, byte[] name, byte[] whole, Teller teller) {
      this.in = in;
      this.name = name;
      this.whole = whole;
      this.teller = teller;
      this.scope = removes ? directory.scope : null;
    }

    /**
     * Sees whether it may go as a whole, or empties it. Where it is not certain that this user can
     * remove it, that is tried now: nothing is told of what comes when it cannot come.
     *
     * @throws LinuxException ENOTEMPTY when something in it stays
     */
    void prepare(FileStatus status) throws LinuxException {
      try {
        emptyOrTry(status);
      } catch (LinuxException e) {
        if (!mayBeEmpty(e)) {
          throw e;
        }
        tellUnlisted(whole, e);
        removeIfEmpty();
      }
    }

    /** One that this user may not list: the kernel knows whether it is empty (rmdir(2)). */
    private void removeIfEmpty() throws LinuxException {
      if (rules.dryRun) {
        return;
      }
      try {
        in.removeDirectory(name);
      } catch (LinuxException e) {
        throw e.errno() == Errno.ENOTEMPTY ? stays() : e;
      }
    }

    private void emptyOrTry(FileStatus status) throws LinuxException {
      boolean isCertain = rules.dryRun || update.inodes.mayRemoveFrom(in);
      if (!(isCertain && mayGo(name, status)) && !isEmptied(name, status)) {
        throw stays();
      }
      if (!isCertain) {
        in.removeDirectory(name);
      }
    }

    private LinuxException stays() {
      report.note(0, "cannot delete non-empty directory: " + Names.display(whole));
      return new LinuxException("rmdir", "", Errno.ENOTEMPTY);
    }

    private boolean isEmptied(byte[] at, FileStatus status) throws LinuxException {
      return scope == null
          ? !removes && isEmpty(in, at)
          : emptied(whole, in, at, status, scope, teller) == Emptying.Rest.NOTHING;
    }

    /** Whether it may go with all that is in it, under whatever name it has. */
    private boolean mayGo(byte[] at, FileStatus status) throws LinuxException {
      if (scope == null) {
        return !removes && isEmpty(in, at);
      }
      if (rules.dryRun
          || rules.backup
          || rules.trash != null
          || rules.deleteMax >= 0
          || rules.delayUpdates) {
        return false; // its names go one by one: they are told, kept, counted, or wait
      }
      try {
        return new Emptying(update, Remover.this, teller, true).run(whole, in, at, status, scope)
            == Emptying.Rest.NOTHING;
      } catch (LinuxException e) {
        return false; // it is told by who empties it
      }
    }

    /** Removes it under its own name. */
    void remove() throws LinuxException {
      FileStatus status = in.status(name);
      if (status == null) {
        return;
      }
      if (!isEmptied(name, status)) {
        throw stays();
      }
      in.removeDirectory(name);
    }

    /**
     * Removes it when something else has its name.
     *
     * @throws LinuxException ENOTEMPTY when something has come into it that stays; then it has its
     *     name again
     */
    void removeAside(byte[] temporary) throws LinuxException {
      try {
        FileStatus status = in.status(temporary);
        if (status == null) {
          return;
        }
        if (!status.isDirectory()) {
          in.remove(temporary); // it was replaced meanwhile, as the new one would be by a rename
          return;
        }
        if (scope == null || isEmptied(temporary, status)) {
          in.removeDirectory(temporary);
          return;
        }
      } catch (LinuxException e) {
        if (e.errno() != Errno.ENOTEMPTY) {
          failed(whole, e);
        }
      }
      if (isToStay(temporary)) {
        in.exchangeWith(temporary, in, name);
        throw stays();
      }
      report.failure(
          CopyStatus.PARTIAL,
          whole,
          "the directory that stood here gave way, but what could not be removed of it is left in "
              + Names.display(temporary)
              + " beside it, until a later run can remove that");
    }

    private boolean isToStay(byte[] temporary) {
      try {
        FileStatus status = in.status(temporary);
        return status != null && status.isDirectory() && !mayGo(temporary, status);
      } catch (LinuxException e) {
        return false;
      }
    }
  }

  private static boolean isEmpty(DirectoryHandle in, byte[] name) throws LinuxException {
    try (DirectoryHandle directory = in.beneath(name)) {
      return directory.nextEntries() == null;
    }
  }

  /** A source argument that is missing (--delete-missing-args). */
  void removeArgument(TargetDirectory directory, byte[] name) throws LinuxException {
    if (directory.state == TargetDirectory.State.ABSENT) {
      return;
    }
    DirectoryHandle in = directory.opened();
    FileStatus status = in.status(name);
    if (status == null) {
      return;
    }
    byte[] whole = Paths.join(directory.path, name);
    Custody custody = update.custody;
    if (custody != null
        && (!rules.deletes()
            || !custody.removesMissing()
            || TemporaryNames.isTemporary(name)
            || directory.scope != null && directory.scope.excludes(name, status.isDirectory())
            || !mayRemove(custody, directory.path, in, name))) {
      return;
    }
    if (status.isDirectory() && !rules.force && !rules.deletes() && !isEmpty(in, name)) {
      report.note(0, "cannot delete non-empty directory: " + Names.display(whole));
      return;
    }
    FilterScope scope = directory.scope;
    if (scope != null) { // else what is protected is not known
      var unused = remove(directory.path, in, name, scope, directory.node::add);
    }
  }
}
