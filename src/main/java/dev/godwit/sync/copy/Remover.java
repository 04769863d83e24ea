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
   * @param present how many names it has, those included
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Found(byte[] directory, List<byte[]> names, long present, FilterScope scope) {}

  private record Candidate(boolean isDirectory, byte[] name) {}

  private final TreeUpdate update;
  private final Rules rules;
  private final Report report;
  private long removed;
  private long skipped;

  Remover(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.report = update.report;
  }

  /** Removes what the source does not have, in reverse order of the list. */
  void removeExtraneous(TargetDirectory directory, Listing listing) throws LinuxException {
    DirectoryHandle handle = directory.opened();
    Found found = find(directory, listing);
    Custody custody = update.custody;
    if (custody != null && directory.path.length == 0 && listing.entries().isEmpty()) {
      if (!found.names.isEmpty()) {
        custody.sourceIsEmpty();
      }
      return;
    }
    for (byte[] name : found.names) {
      if (custody != null && !mayRemove(custody, directory.path, handle, name)) {
        continue;
      }
      var unused = remove(directory.path, handle, name, found.scope, directory.node::add);
    }
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
        || update.custody != null && !update.custody.removesUnseen()) {
      for (SourceEntry entry : missing == null ? List.<SourceEntry>of() : listing.entries()) {
        if (missing != null && handle.status(entry.name()) == null) {
          missing.add(entry);
        }
      }
      removeTemporaries(handle);
      return new Found(directory.path, List.of(), 0, inForce);
    }
    // In a series only the directory counts that could not be read: others wait for nothing.
    boolean hasSourceError = update.custody == null && report.hasSourceError();
    if ((!listing.isComplete() || hasSourceError) && !rules.deleteOnErrors) {
      tellErrors();
      removeTemporaries(handle);
      return new Found(directory.path, List.of(), 0, inForce);
    }
    return extraneous(directory, handle, listing, missing);
  }

  private static FilterScope scopeOf(TargetDirectory directory) {
    return java.util.Objects.requireNonNull(directory.scope);
  }

  void remove(Found found) {
    if (found.names.isEmpty()) {
      return;
    }
    try (DirectoryHandle handle = update.open(found.directory)) {
      FileStatus before = handle.status();
      for (byte[] name : found.names) {
        var unused = remove(found.directory, handle, name, found.scope, report::item);
      }
      if (rules.deletion != Deletion.BEFORE || rules.detectRenames) {
        update.inodes.restoreTime(handle, before); // else the copy still comes, and sets it
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
    for (List<DirectoryEntry> some = handle.nextEntries();
        some != null;
        some = handle.nextEntries()) {
      for (DirectoryEntry entry : some) {
        byte[] name = entry.name();
        if (TemporaryNames.isTemporary(name)) {
          removeTemporary(handle, name);
          continue;
        }
        present++;
        int index = listing.indexOf(name);
        if (index >= 0) {
          there.set(index);
          continue;
        }
        boolean isDirectory = handle.isDirectory(entry);
        if (!scopeOf(directory).excludes(name, isDirectory)
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
        directory.path, names.stream().map(Candidate::name).toList(), present, scopeOf(directory));
  }

  private boolean toldErrors;

  synchronized void tellErrors() {
    if (!toldErrors) {
      toldErrors = true;
      report.note(0, "IO error encountered -- skipping file deletion");
    }
  }

  /** What a killed run left. */
  void removeTemporaries(DirectoryHandle handle) throws LinuxException {
    if (!handle.hasNameThatBegins(TemporaryNames.prefix())) {
      return;
    }
    for (DirectoryEntry entry : handle.entries()) {
      if (TemporaryNames.isTemporary(entry.name())) {
        removeTemporary(handle, entry.name());
      }
    }
  }

  private void removeTemporary(DirectoryHandle handle, byte[] name) throws LinuxException {
    if (!rules.dryRun && !update.temporaries.isOwn(name) && !update.others.mayWriteIn(handle)) {
      clear(handle, name);
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

  private static void clear(DirectoryHandle handle, byte[] name) throws LinuxException {
    FileStatus status = handle.status(name);
    if (status == null) {
      return;
    }
    if (!status.isDirectory()) {
      handle.remove(name);
      return;
    }
    // A directory that never got its name: nothing in it was ever seen.
    try (DirectoryHandle below = handle.beneath(name)) {
      for (DirectoryEntry entry : below.entries()) {
        FileStatus one = below.status(entry.name());
        if (one != null && !one.isDirectory()) {
          below.remove(entry.name());
        }
      }
    }
    handle.removeDirectory(name);
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
      if (!emptied(whole, in, name, status, scope, teller)) {
        tellNotEmpty(whole);
        return false;
      }
      return removeDirectory(whole, in, name, status, teller);
    } catch (LinuxException e) {
      failed(whole, e);
      return false;
    }
  }

  void tellNotEmpty(byte[] whole) {
    if (update.custody == null) {
      report.note(0, "cannot delete non-empty directory: " + Names.display(whole));
    } else {
      report.failure(CopyStatus.PARTIAL, whole, "not removed: it holds names that are kept");
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
          tellNotEmpty(whole);
          return false;
        }
        throw e;
      }
    }
    told(whole, status, teller);
    return true;
  }

  /** Removes everything in a directory; returns whether nothing is left. */
  private boolean emptied(
      byte[] whole,
      DirectoryHandle in,
      byte[] name,
      FileStatus status,
      FilterScope scope,
      Teller teller)
      throws LinuxException {
    return new Emptying(update, this, teller).run(whole, in, name, status, scope);
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
    report.failure(CopyStatus.PARTIAL, whole, "cannot be removed here: " + e.reason(), e.errno());
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

  /** A directory is in the way of something of another type. */
  void makeWay(TargetDirectory directory, byte[] name, SourceEntry entry) throws LinuxException {
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
    if (rules.deletes() || rules.force) {
      FilterScope scope = directory.scope; // none: what is protected is not known
      if (scope == null || !emptied(whole, in, name, status, scope, directory.node::add)) {
        report.note(0, "cannot delete non-empty directory: " + Names.display(whole));
        throw new LinuxException("rmdir", "", Errno.ENOTEMPTY);
      }
    } else if (!isEmpty(in, name)) {
      report.note(0, "cannot delete non-empty directory: " + Names.display(whole));
      throw new LinuxException("rmdir", "", Errno.ENOTEMPTY);
    }
    if (!rules.dryRun) {
      in.removeDirectory(name);
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
