package dev.godwit.sync.copy;

import dev.godwit.linux.DeviceFile;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts things in their place. Everything new is made under a temporary name and renamed, so that a
 * name always stands for the old thing or the new one (H22); attributes are set on the inode before
 * it gets its name (H2).
 */
final class Placement {
  /** Makes something that is no regular file at a name that does not exist. */
  interface Maker {
    void make(DirectoryHandle in, byte[] name) throws LinuxException;
  }

  private static final FileStatus NOT_ASKED = FileStatus.NONE;

  private final TreeUpdate update;
  private final Rules rules;
  private final Backups backups;
  private final List<Unnamed> delayed = new ArrayList<>();

  /** A name that was linked: where it is for now, and its inode with all names that it has. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Linked(byte[] path, FileStatus status) {}

  /**
   * Something whole that has only a temporary name.
   *
   * @param existing what stands at its final name; null for nothing
   * @param written its own inode, where it may have to be read again (-T); null elsewhere
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Unnamed(
      TargetDirectory directory,
      SourceEntry entry,
      @Nullable FileStatus existing,
      byte[] writtenAs,
      @Nullable FileStatus written,
      Narrator.Slot slot) {
    static Unnamed of(FileWork work) {
      return of(work, null);
    }

    static Unnamed of(FileWork work, @Nullable FileStatus written) {
      FileStatus existing = work.displaced == null ? work.existing : work.displaced;
      return new Unnamed(work.directory, work.entry, existing, work.writtenAs, written, work.slot);
    }

    byte[] name() {
      return directory.targetName(entry);
    }

    byte[] shown() {
      return directory.shown(entry);
    }
  }

  Placement(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.backups = new Backups(update);
  }

  Backups backups() {
    return backups;
  }

  /** Whether files are written in the usual way: under a temporary name beside the final one. */
  boolean isPlain() {
    return !rules.inPlace
        && !rules.append
        && !rules.appendVerify
        && rules.temporaryDirectory == null
        && !rules.delayUpdates
        && !rules.partial;
  }

  /** Opens what the content of a file is written to. */
  FileHandle create(FileWork work) throws LinuxException {
    TargetDirectory directory = work.directory;
    DirectoryHandle in = directory.opened();
    FileStatus existing = work.existing;
    boolean isInPlace = rules.inPlace || rules.append || rules.appendVerify;
    if (directory.state == TargetDirectory.State.FRESH) {
      work.writtenAs = work.name();
      work.temporaryIn = in;
      return made(work, in, update.inodes.permissionsInFresh(work.entry, directory.inherited));
    }
    if (isInPlace) {
      work.isInPlace = true;
      work.writtenAs = work.name();
      work.temporaryIn = in;
      if (existing != null && existing.isRegular()) {
        boolean isKept = rules.backup || rules.trash != null;
        if (isKept && !work.isWhole) { // otherwise it was kept when it was first written to
          backups.copy(directory, work.name());
        }
        return openInPlace(work, in, existing);
      }
      return existing == null && work.displaced == null
          ? in.createFile(work.name(), 0600)
          : createInPlaceOf(work, in);
    }
    work.temporaryIn = rules.temporaryDirectory == null ? in : temporaryDirectory();
    work.writtenAs = update.temporaries.next();
    return made(work, work.temporaryIn, 0600);
  }

  /**
   * An empty file, to be written to in place, where something stood that is none: that stays while
   * no file can be made.
   */
  private FileHandle createInPlaceOf(FileWork work, DirectoryHandle in) throws LinuxException {
    byte[] temporary = update.temporaries.next();
    FileHandle file = in.createFile(temporary, 0600);
    try {
      if (work.displaced == null) {
        // Begun once more, it was kept when it was first written to.
        FileStatus toKeep = work.isWhole ? null : work.existing;
        replace(work.directory, in, temporary, work.name(), toKeep, Item.Kind.FILE);
      } else {
        exchange(Unnamed.of(work), in, temporary);
      }
      return file;
    } catch (LinuxException e) {
      file.close();
      discard(in, temporary);
      throw e;
    }
  }

  private FileHandle made(FileWork work, DirectoryHandle in, int permissions)
      throws LinuxException {
    FileHandle file = in.createFile(work.writtenAs, permissions);
    // In a directory for temporary files, what the kernel gives them is not known.
    work.madeWith = rules.temporaryDirectory == null ? permissions : -1;
    return file;
  }

  /** What was written to in place has all that it had, but for what writing takes away. */
  private void adjustInPlace(FileWork work, FileHandle file, FileStatus replaced)
      throws LinuxException {
    FileStatus now = file.status();
    update.inodes.adjustWritten(work.directory, work.name(), file, work.entry, now, replaced);
  }

  private FileHandle openInPlace(FileWork work, DirectoryHandle in, FileStatus existing)
      throws LinuxException {
    if (DeviceFile.isOne(existing)) {
      try (FileHandle path = in.openPath(work.name())) {
        return DeviceFile.open(path, existing, true);
      }
    }
    FileHandle file = openForUpdate(work, in, existing);
    try {
      if (!file.status().isSameInode(existing)) {
        throw new LinuxException("openat", "", Errno.ESTALE); // exchanged since it was compared
      }
      if (rules.append || rules.appendVerify) {
        file.seek(work.from);
      }
      return file;
    } catch (LinuxException e) {
      work.file = file;
      discard(work);
      throw e;
    }
  }

  private static FileHandle openForUpdate(FileWork work, DirectoryHandle in, FileStatus existing)
      throws LinuxException {
    try {
      return in.openForUpdate(work.name());
    } catch (LinuxException e) {
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
      try (FileHandle inode = in.openPath(work.name(), existing)) {
        int lent = Admission.lend(inode, Admission.FILE);
        if (lent == 0) {
          throw e;
        }
        try {
          FileHandle file = inode.reopenForUpdate();
          work.lent = lent;
          return file;
        } catch (LinuxException again) {
          Admission.takeBack(inode, lent);
          throw again;
        }
      }
    }
  }

  private @Nullable DirectoryHandle temporaryDirectory;

  /** Opens what is needed for the whole copy. */
  void open() throws CopyException {
    byte[] path = rules.temporaryDirectory;
    if (path == null) {
      return;
    }
    try {
      var unused = temporaryDirectory();
    } catch (LinuxException e) {
      update.report.progress(update.tally.statistics()); // as with rsync, the copy has begun
      throw new CopyException(
          CopyStatus.USAGE,
          "the directory for temporary files (--temp-dir) "
              + Report.shown(path)
              + " cannot be used: "
              + e.reason());
    }
  }

  private synchronized DirectoryHandle temporaryDirectory() throws LinuxException {
    DirectoryHandle open = temporaryDirectory;
    if (open == null) {
      open = openGiven(java.util.Objects.requireNonNull(rules.temporaryDirectory));
      temporaryDirectory = open;
      if (!rules.dryRun) {
        TemporaryFiles.enter(open);
      }
    }
    return open;
  }

  /** A directory that the user named: absolute, or relative to the target. */
  DirectoryHandle openGiven(byte[] path) throws LinuxException {
    return OperatorPaths.openDirectory(
        isAbsolute(path) ? null : update.root(), path, rules.confineRoot);
  }

  /**
   * As {@link #openGiven}, also where a dry run finds no target: it may be beside that. Of what is
   * in it only names that are known are looked at.
   */
  DirectoryHandle openBasis(byte[] path) throws LinuxException {
    byte[] missing = update.missingTarget;
    boolean isAbsolute = isAbsolute(path);
    byte[] from = missing == null || isAbsolute ? path : Paths.fromMissing(missing, path);
    return OperatorPaths.openDirectoryForNames(
        missing == null && !isAbsolute ? update.root() : null, from, rules.confineRoot);
  }

  private static boolean isAbsolute(byte[] path) {
    return path.length > 0 && path[0] == '/';
  }

  /** The content is whole: gives the file its attributes and then its name. */
  FileStatus place(FileWork work) throws LinuxException {
    FileHandle file = work.file;
    DirectoryHandle in = work.temporaryIn;
    if (file == null || in == null) {
      throw new IllegalStateException("nothing was written");
    }
    if (work.isInPlace) {
      file.truncate(work.entry.status().size());
    }
    FileStatus existing = work.existing;
    FileStatus replaced = existing != null && existing.isRegular() ? existing : null;
    if (work.isInPlace && replaced != null) {
      adjustInPlace(work, file, replaced);
      work.lent = 0; // its mode is what it shall be
    } else {
      update.inodes.settleGroup(file, work.directory);
      FileStatus now =
          work.madeWith >= 0
                  && work.directory.isPlain()
                  && work.directory.group == TargetDirectory.AS_MADE
              ? update.inodes.made(work.madeWith)
              : file.status();
      update.inodes.dress(file, work.shown(), work.entry, now, replaced, work.directory.inherited);
    }
    if (rules.fsync) {
      file.sync();
    }
    boolean isAsked = rules.hardLinks && work.entry.status().links() > 1;
    boolean isElsewhere = in != work.directory.opened();
    FileStatus status = isAsked || isElsewhere ? file.status() : NOT_ASKED;
    file.closeChecked();
    work.file = null;
    if (work.isInPlace || work.directory.state == TargetDirectory.State.FRESH) {
      return status;
    }
    Unnamed unnamed = Unnamed.of(work, isElsewhere ? status : null);
    DirectoryHandle to = work.directory.opened();
    if (!rules.delayUpdates && work.displaced == null) {
      FileStatus beside = name(unnamed, in, to);
      return isAsked && beside != null ? beside : status;
    }
    // As with rsync, it waits in the directory that it is for: its other names are linked to it.
    FileStatus beside = in == to ? null : move(unnamed, in, to, work.writtenAs);
    work.temporaryIn = to;
    if (rules.delayUpdates) {
      delay(unnamed);
    } else {
      exchange(unnamed, to, work.writtenAs);
    }
    return isAsked && beside != null ? beside : status;
  }

  private void delay(Unnamed one) {
    synchronized (delayed) {
      delayed.add(one);
    }
  }

  /** Where other names of a file that was placed can be linked to it. */
  byte[] linkable(FileWork work) {
    boolean isDelayed = rules.delayUpdates && !work.isInPlace;
    return Paths.join(work.directory.path, isDelayed ? work.writtenAs : work.name());
  }

  /**
   * @return the inode, if it is another one now
   */
  private @Nullable FileStatus name(Unnamed work, DirectoryHandle in, DirectoryHandle to)
      throws LinuxException {
    FileStatus existing = work.existing;
    if (existing != null && existing.isDirectory()) {
      exchange(work, to, work.writtenAs); // which is beside it
      return null;
    }
    keep(work.directory, to, work.name(), existing, Item.Kind.FILE);
    return move(work, in, to, work.name());
  }

  /** The file takes the place of a directory. */
  private void exchange(Unnamed work, DirectoryHandle in, byte[] temporary) throws LinuxException {
    update.remover.exchange(
        work.directory,
        in,
        temporary,
        work.name(),
        item -> work.directory.node.addAfter(work.slot, item));
  }

  /** What came of a file that was not finished gets its name (--partial). */
  void nameUnfinished(FileWork work, DirectoryHandle in) throws LinuxException {
    DirectoryHandle to = work.directory.opened();
    if (work.displaced == null) {
      in.renameInto(work.writtenAs, to, work.name());
      return;
    }
    if (in != to) {
      in.renameInto(work.writtenAs, to, work.writtenAs);
      work.temporaryIn = to;
    }
    exchange(Unnamed.of(work), to, work.writtenAs);
  }

  private @Nullable FileStatus move(
      Unnamed work, DirectoryHandle in, DirectoryHandle to, byte[] name) throws LinuxException {
    try {
      in.renameInto(work.writtenAs, to, name);
      return null;
    } catch (LinuxException e) {
      if (e.errno() != Errno.EXDEV) {
        throw e;
      }
      return acrossFileSystems(work, in, to, name);
    }
  }

  /** The temporary directory is on another file system: once more, beside the final name. */
  private FileStatus acrossFileSystems(
      Unnamed work, DirectoryHandle in, DirectoryHandle to, byte[] name) throws LinuxException {
    FileStatus existing = work.existing;
    FileStatus replaced = existing != null && existing.isRegular() ? existing : null;
    byte[] beside = update.temporaries.next();
    FileStatus status;
    try (FileHandle from = in.openForReading(work.writtenAs, true);
        FileHandle file = to.createFile(beside, 0600)) {
      FileStatus written = java.util.Objects.requireNonNull(work.written);
      long size = written.size();
      long copied = from.copyTo(file, 0, size, size);
      Freshness.requireRead(from, written, copied); // others may write to that directory
      update.inodes.settleGroup(file, work.directory);
      update.inodes.dress(file, work.shown(), work.entry, null, replaced, work.directory.inherited);
      if (rules.fsync) {
        file.sync();
      }
      status = file.status();
      file.closeChecked();
      to.rename(beside, name);
    } catch (LinuxException e) {
      discard(to, beside);
      throw e;
    }
    discard(in, work.writtenAs);
    return status;
  }

  /** Keeps what stands at the name, and is no directory, if that is wanted. */
  private void keep(
      TargetDirectory directory,
      DirectoryHandle in,
      byte[] name,
      @Nullable FileStatus existing,
      Item.Kind comes)
      throws LinuxException {
    if (existing != null
        && (rules.backup || rules.trash != null)
        && backups.isToKeep(name, existing, comes)) {
      backups.keep(directory.path, in, name);
    }
  }

  /** Gives something that is made beside it its name, whatever stands there. */
  private void replace(
      TargetDirectory directory,
      DirectoryHandle in,
      byte[] temporary,
      byte[] name,
      @Nullable FileStatus existing,
      Item.Kind comes)
      throws LinuxException {
    if (existing != null && existing.isDirectory()) {
      update.remover.exchange(directory, in, temporary, name, directory.node::add);
      return;
    }
    keep(directory, in, name, existing, comes);
    in.rename(temporary, name);
  }

  /**
   * Makes a directory. One that somebody else has made meanwhile is as good.
   *
   * @param displaced what stands at the name and is none; null for nothing
   */
  void makeDirectory(DirectoryHandle in, byte[] name, byte[] path, @Nullable FileStatus displaced)
      throws LinuxException {
    try {
      makeMissingDirectory(in, name, path, displaced);
    } catch (LinuxException e) {
      if (!hasCome(e, in, name)) {
        throw e;
      }
    }
  }

  /** Whether a directory cannot have its name because another one has come to it meanwhile. */
  static boolean hasCome(LinuxException e, DirectoryHandle in, byte[] name) throws LinuxException {
    if (e.errno() != Errno.EEXIST && e.errno() != Errno.ENOTEMPTY) {
      return false;
    }
    FileStatus there = in.status(name);
    return there != null && there.isDirectory();
  }

  private void makeMissingDirectory(
      DirectoryHandle in, byte[] name, byte[] path, @Nullable FileStatus displaced)
      throws LinuxException {
    if (displaced == null) {
      in.makeDirectory(name, 0700);
      return;
    }
    byte[] temporary = update.temporaries.next();
    in.makeDirectory(temporary, 0700);
    try {
      nameDirectory(in, temporary, in, path, displaced);
    } catch (LinuxException e) {
      update.remover.removeFresh(Paths.parent(path), temporary);
      throw e;
    }
  }

  /**
   * Gives a directory its name.
   *
   * @param path that it has then
   * @param displaced what stands there and is none: the two exchange their names, so that there is
   *     no moment without either (H22); null for nothing
   */
  void nameDirectory(
      DirectoryHandle from,
      byte[] temporary,
      DirectoryHandle to,
      byte[] path,
      @Nullable FileStatus displaced)
      throws LinuxException {
    byte[] name = Paths.name(path);
    if (displaced == null || !Remover.isExchanged(from, temporary, to, name)) {
      if (displaced != null) {
        removeIfThere(to, name);
      }
      from.renameWithoutReplacing(temporary, to, name);
      return;
    }
    FileStatus old = from.status(temporary);
    if (old != null && old.isDirectory()) { // somebody has made one meanwhile
      from.exchangeWith(temporary, to, name);
      throw new LinuxException("renameat2", "", Errno.EEXIST);
    }
    try {
      removeIfThere(from, temporary);
    } catch (LinuxException e) {
      update.remover.failed(path, e);
    }
  }

  /**
   * Gives something that was made aside its name in a directory that somebody else has made
   * meanwhile, with whatever that has in it; tells when that is not possible.
   */
  void join(TargetDirectory directory, DirectoryHandle aside, byte[] name) {
    byte[] temporary = update.temporaries.next();
    DirectoryHandle in = directory.opened();
    try {
      FileStatus made = aside.status(name);
      FileStatus existing = in.status(name);
      if (made == null || existing != null && update.selection.keeps(existing, made)) {
        return;
      }
      if (made.isDirectory()) {
        aside.renameWithoutReplacing(name, in, name);
        return;
      }
      aside.renameInto(name, in, temporary);
      if (existing != null && existing.isDirectory()) {
        update.remover.makeWay(directory, name);
      }
      // Of two runs with one source each brings the same file: that is not kept once more.
      FileStatus toKeep = isSame(made, existing) ? null : existing;
      replace(directory, in, temporary, name, toKeep, SourceEntry.kindOf(made));
    } catch (LinuxException e) {
      discard(in, temporary);
      update.report.failure(
          CopyStatus.PARTIAL,
          Paths.join(directory.path, name),
          "cannot be given its name: " + e.reason(),
          e.errno());
    }
  }

  private static boolean isSame(FileStatus made, @Nullable FileStatus existing) {
    return existing != null
        && made.isRegular()
        && existing.mode() == made.mode()
        && existing.size() == made.size()
        && existing.hasSameTime(made);
  }

  private static void removeIfThere(DirectoryHandle in, byte[] name) throws LinuxException {
    try {
      in.remove(name);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** Gives all files that waited for it their names (--delay-updates). */
  void placeDelayed() {
    for (Unnamed work : delayed) {
      try {
        placeDelayed(work);
      } catch (LinuxException e) {
        update.report.failure(
            CopyStatus.PARTIAL, work.shown(), "cannot be given its name: " + e.reason());
      }
    }
    delayed.clear();
  }

  /** Its directory has its mode by now: a user who is not root may have to let himself in again. */
  private void placeDelayed(Unnamed work) throws LinuxException {
    byte[] path = work.directory.path;
    try {
      nameIn(path, work);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
      byte[] name = path.length == 0 ? Paths.HERE : Paths.name(path);
      try (DirectoryHandle above = update.open(Paths.parent(path));
          FileHandle inode = above.openPath(name)) {
        int lent = Admission.lend(inode, Admission.DIRECTORY);
        if (lent == 0) {
          throw e;
        }
        try {
          nameIn(path, work);
        } finally {
          Admission.takeBack(inode, lent);
        }
      }
    }
  }

  private void nameIn(byte[] path, Unnamed work) throws LinuxException {
    try (DirectoryHandle to = update.open(path)) {
      FileStatus before = to.status();
      try {
        var unused = name(work, to, to);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EACCES) {
          discard(to, work.writtenAs);
        }
        throw e;
      }
      if (work.directory.self != null) { // otherwise it is no part of the copy
        update.inodes.restoreTime(to, before);
      }
      if (rules.fsync) {
        to.sync();
      }
    }
  }

  /** Gives up what is half written. */
  void discard(FileWork work) {
    FileHandle file = work.file;
    DirectoryHandle in = work.temporaryIn;
    work.file = null;
    if (file != null) {
      takeBack(work, file);
      file.close();
    }
    if (in != null && work.writtenAs.length > 0 && !work.isInPlace) {
      discard(in, work.writtenAs);
    }
  }

  private void takeBack(FileWork work, FileHandle file) {
    try {
      Admission.takeBack(file, work.lent);
    } catch (LinuxException e) {
      update.report.failure(
          CopyStatus.PARTIAL,
          work.shown(),
          "the permissions that it had before could not be set again: " + e.reason());
    }
    work.lent = 0;
  }

  static void discard(DirectoryHandle in, byte[] temporary) {
    try {
      in.remove(temporary);
    } catch (LinuxException e) {
      // It stays until the next run recognises it.
    }
  }

  /** Attributes of something whose content is right. */
  void adjust(TargetDirectory directory, SourceEntry entry, FileStatus standing, int differences)
      throws LinuxException {
    try (FileHandle inode = directory.opened().openPath(directory.targetName(entry))) {
      FileStatus now = inode.status();
      if (!now.isSameInode(standing)) {
        throw new LinuxException("openat", "", Errno.ESTALE); // exchanged since it was compared
      }
      update.inodes.adjust(inode, directory.shown(entry), entry, standing, differences);
    }
  }

  /** A symbolic link, device or special file, in place of what stands there. */
  FileStatus make(
      TargetDirectory directory, SourceEntry entry, @Nullable FileStatus existing, Maker maker)
      throws LinuxException {
    DirectoryHandle in = directory.opened();
    byte[] name = directory.targetName(entry);
    byte[] at = directory.state == TargetDirectory.State.FRESH ? name : update.temporaries.next();
    maker.make(in, at);
    try {
      boolean isSameType = existing != null && existing.mode() >> 12 == entry.status().mode() >> 12;
      update.inodes.dressName(
          directory, at, directory.shown(entry), entry, isSameType ? existing : null);
      FileStatus made = in.status(at);
      if (at != name) {
        replace(directory, in, at, name, existing, entry.kind());
      }
      return made == null ? NOT_ASKED : made;
    } catch (LinuxException e) {
      discard(in, at);
      throw e;
    }
  }

  /**
   * Gives a file that stands elsewhere on the target, and would be removed there, this name; or
   * lets it exchange its name with the file that stands here, which is looked at afterwards.
   */
  void bringFrom(DirectoryHandle from, Renames.Candidate candidate, FileWork work)
      throws LinuxException {
    TargetDirectory directory = work.directory;
    SourceEntry entry = work.entry;
    FileStatus existing = work.existing;
    DirectoryHandle in = directory.opened();
    byte[] name = directory.targetName(entry);
    FileStatus now = from.status(candidate.name());
    if (now == null || !now.isSameInode(candidate.status())) {
      throw new LinuxException("renameat2", "", Errno.ESTALE); // exchanged since it was listed
    }
    if (existing == null) {
      from.renameWithoutReplacing(candidate.name(), in, name);
    } else if (candidate.isExchanged() && existing.isRegular() && existing.links() == 1) {
      from.exchangeWith(candidate.name(), in, name);
    } else {
      keep(directory, in, name, existing, entry.kind());
      from.renameInto(candidate.name(), in, name);
    }
    int differences = update.inodes.differences(in, name, entry, candidate.status(), false);
    if (differences != 0) {
      adjust(directory, entry, candidate.status(), differences);
    }
  }

  /** Removes what stands at a name that shall not be on the target at all. */
  void clear(TargetDirectory directory, SourceEntry entry, FileStatus existing)
      throws LinuxException {
    if (existing.isDirectory()) {
      update.remover.removeWay(directory, directory.targetName(entry));
    } else {
      directory.opened().remove(directory.targetName(entry));
    }
  }

  /** The text of a symbolic link; with --fake-super the content of the file that stands for it. */
  byte[] linkText(TargetDirectory directory, byte[] name) throws LinuxException {
    DirectoryHandle in = directory.opened();
    if (!update.inodes.isFake()) {
      return in.readLink(name);
    }
    try (FileHandle path = in.openPath(name)) {
      if (!path.status().isRegular()) {
        return Paths.NONE; // a real one, as with rsync, is to become a file
      }
      return SymbolicLinks.fakeText(path);
    }
  }

  void makeSymbolicLink(DirectoryHandle in, byte[] name, byte[] text) throws LinuxException {
    if (!update.inodes.isFake()) {
      in.makeSymbolicLink(name, text);
      return;
    }
    try (FileHandle file = in.createFile(name, 0600)) {
      file.write(text, 0, text.length);
      file.closeChecked();
    }
  }

  /** A device or a special file; with --fake-super an empty file stands for it. */
  void makeNode(DirectoryHandle in, byte[] name, FileStatus source) throws LinuxException {
    if (update.inodes.isFake()) {
      in.createFile(name, 0600).closeChecked();
    } else {
      in.makeNode(name, source.mode() & FileStatus.TYPE | 0600, source.specialDevice());
    }
  }

  /**
   * Another name for an inode that this run wrote or compared. {@link #makeWay} was called for what
   * stands there.
   *
   * @return the inode with all names that it has by now, and where more of them can be linked to it
   */
  Linked link(
      TargetDirectory directory,
      SourceEntry entry,
      @Nullable FileStatus existing,
      HardLinks.Leader leader)
      throws LinuxException {
    try (DirectoryHandle from = update.open(Paths.parent(leader.path()))) {
      return link(directory, entry, existing, from, leader);
    }
  }

  /** As above, with the directory that the leader is in. */
  Linked link(
      TargetDirectory directory,
      SourceEntry entry,
      @Nullable FileStatus existing,
      DirectoryHandle from,
      HardLinks.Leader leader)
      throws LinuxException {
    DirectoryHandle in = directory.opened();
    byte[] name = directory.targetName(entry);
    byte[] temporary = update.temporaries.next();
    in.makeHardLink(temporary, from, Paths.name(leader.path()));
    try {
      FileStatus made = in.status(temporary);
      if (made == null || !isLinked(in, made, leader)) {
        throw new LinuxException("linkat", "", Errno.ESTALE); // the leader was exchanged (H10)
      }
      if (rules.delayUpdates) {
        delay(new Unnamed(directory, entry, existing, temporary, null, new Narrator.Slot()));
        return new Linked(Paths.join(directory.path, temporary), made);
      }
      replace(directory, in, temporary, name, existing, entry.kind());
      if (existing != null && !existing.isDirectory() && !leader.isInode(made)) {
        discard(in, temporary); // still there if the name was that file's already (rename(2))
      }
      return new Linked(Paths.join(directory.path, name), made);
    } catch (LinuxException e) {
      discard(in, temporary);
      throw e;
    }
  }

  /** Whether a new name is the leader's: by its number, where those are the files' own. */
  private static boolean isLinked(DirectoryHandle in, FileStatus made, HardLinks.Leader leader)
      throws LinuxException {
    return leader.isInode(made) || leader.isLike(made) && FileSystemStatus.of(in).mayNumberNames();
  }

  /**
   * Sees to it that something of another type can take the place of what stands at the name: of a
   * directory, that it may go; something else is kept if that is wanted before a directory comes.
   *
   * @throws LinuxException ENOTEMPTY when it is a directory with something in it, and nothing says
   *     that it may go
   */
  void makeWay(TargetDirectory directory, SourceEntry entry, FileStatus existing)
      throws LinuxException {
    byte[] name = directory.targetName(entry);
    if (existing.isDirectory()) {
      update.remover.makeWay(directory, name);
    } else if (!rules.dryRun && entry.isDirectory()) {
      keep(directory, directory.opened(), name, existing, entry.kind());
    }
  }

  void close() {
    DirectoryHandle open = temporaryDirectory;
    if (open != null) {
      open.close();
    }
    backups.close();
  }
}
