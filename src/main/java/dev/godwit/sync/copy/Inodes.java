package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Acl;
import dev.godwit.sync.attributes.AttributeKeeper;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.sync.attributes.NotKept;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.sync.attributes.Rights;
import dev.godwit.sync.attributes.XattrFilter;
import dev.godwit.sync.rules.Rules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an inode beside its content, as the engine needs it: compared, set, and what
 * could not be set told. Any thread.
 */
final class Inodes {
  private static final int SETGID = 02000;
  private static final int OWNERS = Change.OWNER | Change.GROUP;

  private final Rules rules;
  private final Rights rights;
  private final AttributeKeeper keeper;
  private final Report report;
  private final int mask;
  private @Nullable Limits limits;
  private final int user = Identity.user();
  private final int group = Identity.group();

  Inodes(
      Rules rules,
      Rights rights,
      Owners owners,
      @Nullable XattrFilter filter,
      int mask,
      Report report) {
    this.rules = rules;
    this.rights = rights;
    this.mask = mask;
    this.report = report;
    this.keeper = new AttributeKeeper(rules, rights, owners, filter, mask);
  }

  /** For a series of copies: what its target's file systems cannot have. */
  void keepWithin(Limits some) {
    limits = some;
  }

  /**
   * What an inode of the source is to have here.
   *
   * @param directory that it will be in; null for the root itself
   * @throws OwnerException when it cannot be said who owns it (H11)
   */
  Attributes wanted(Attributes source, @Nullable FileStatus directory) throws OwnerException {
    Attributes mapped = keeper.mapped(source);
    Limits known = limits;
    return known == null ? mapped : known.of(mapped, directory);
  }

  AttributeKeeper keeper() {
    return keeper;
  }

  boolean isRoot() {
    return rights.isRoot();
  }

  boolean isFake() {
    return rights.isFake();
  }

  /**
   * Whether the kernel asks for no permissions; who only tries or pretends to be root needs them.
   */
  boolean mayEnterAll() {
    return rights.mayWriteAll();
  }

  /** Whether names can be removed from a directory, as far as its mode tells. */
  boolean mayRemoveFrom(FileStatus directory) {
    return mayEnterAll() || directory.uid() == user && (directory.mode() & 0300) == 0300;
  }

  /** The same of one that is open. */
  boolean mayRemoveFrom(DirectoryHandle directory) throws LinuxException {
    return mayEnterAll() || mayRemoveFrom(directory.status());
  }

  /** Whether times of this kind are kept. */
  boolean keepsTimes(Item.Kind kind) {
    return rules.times
        && switch (kind) {
          case DIRECTORY -> !rules.omitDirectoryTimes;
          case SYMLINK -> !rules.omitLinkTimes;
          default -> true;
        };
  }

  boolean sameTime(FileStatus wanted, FileStatus standing) {
    return keeper.isSameTime(wanted.mtimeSeconds(), wanted.mtimeNanos(), standing);
  }

  /** What stands at a name; with --fake-super what that means. */
  @Nullable FileStatus status(TargetDirectory directory, byte[] name) throws LinuxException {
    FileStatus real = directory.status(name);
    return real == null ? null : meant(directory.opened(), name, real);
  }

  /**
   * What something means with --fake-super; otherwise it is what it is.
   *
   * @param real null when nothing stands
   */
  @Nullable FileStatus meant(DirectoryHandle in, byte[] name, @Nullable FileStatus real)
      throws LinuxException {
    return real == null || !isFake() ? real : keeper.meant(in, name, real);
  }

  /** As below, for what stands at the pair's name. */
  int differences(Pair pair, FileStatus standing, boolean isWritten) throws LinuxException {
    return differences(pair.in(), pair.name(), pair.entry(), standing, isWritten);
  }

  /**
   * What differs beside the content, as bits of {@link Change}.
   *
   * @param in the directory that the existing one is in, as {@code name}
   * @param isWritten whether content is transferred or something made anew: then a time that is not
   *     kept changes
   */
  int differences(
      DirectoryHandle in, byte[] name, SourceEntry entry, FileStatus existing, boolean isWritten)
      throws LinuxException {
    int bits = keeper.differences(in, name, entry.attributes(), existing, isWritten);
    if (entry.isFile() && entry.status().size() != existing.size()) {
      bits |= Change.SIZE;
    }
    if (isWritten && !keepsTimes(entry.kind())) {
      bits |= rules.times ? Change.TIME : Change.TIME_OF_TRANSFER; // rsync's letter with -J, -O
    }
    return bits;
  }

  /** What is told of a link, device or special file that is made anew in the place of another. */
  int differencesOfMade(DirectoryHandle in, byte[] name, SourceEntry entry, FileStatus existing)
      throws LinuxException {
    int bits = Change.CONTENT | differences(in, name, entry, existing, true);
    // The new one has no extended attributes yet, so that all of them differ.
    boolean hasXattrs = rules.xattrs && entry.attributes().xattrs() != null;
    return hasXattrs ? bits | Change.XATTR : bits & ~Change.XATTR;
  }

  /** What rsync tells of these differences of something that is put right, not replaced. */
  int told(int differences, SourceEntry entry, FileStatus existing) {
    return keeper.told(differences, entry.attributes(), existing);
  }

  /** Whether the time is to be set although it is right to the second (AttributeKeeper). */
  boolean needsExactTime(SourceEntry entry, FileStatus existing) {
    return keeper.needsExactTime(entry.attributes(), existing);
  }

  /** Sets what differs on something that stands. */
  void adjust(Handle inode, byte[] path, SourceEntry entry, FileStatus existing, int differences) {
    told(
        inode,
        path,
        entry,
        keeper.adjust(inode, entry.attributes(), existing, differences, large(entry)));
  }

  /** A file that was written to in place: it has all that it had, but for what writing takes. */
  void adjustWritten(
      TargetDirectory directory,
      byte[] name,
      Handle file,
      SourceEntry entry,
      FileStatus now,
      FileStatus replaced)
      throws LinuxException {
    int differences =
        keeper.differences(file, entry.attributes(), now, true) | Change.TIME | Change.XATTR;
    boolean areOthers = now.permissions() != replaced.permissions();
    if (areOthers) {
      differences |= Change.PERMISSIONS;
    }
    adjust(file, Paths.join(directory.path, name), entry, now, differences);
    if (areOthers && !rules.permissions && !isFake()) { // its owner was let in for the copy only
      file.setPermissions(keeper.permissions(entry.attributes(), replaced, null));
    }
  }

  /**
   * Gives everything to something that was just made.
   *
   * @param now what the inode has; null when that is to be asked
   * @param replaced what it takes the place of; null for nothing
   * @param inherited the list that the directory gives to what is made in it; null for none
   */
  void dress(
      Handle inode,
      byte[] path,
      SourceEntry entry,
      @Nullable FileStatus now,
      @Nullable FileStatus replaced,
      @Nullable Acl inherited)
      throws LinuxException {
    told(
        inode,
        path,
        entry,
        keeper.dress(
            inode,
            entry.attributes(),
            now == null ? inode.status() : now,
            replaced,
            inherited,
            large(entry)));
  }

  /**
   * The group that what is made in a directory has when nothing gives it another: that of the
   * directory if this has the setgid bit, otherwise this process's own (inode(7)). As with rsync it
   * depends on what the directory will be, where that is not yet so.
   *
   * @return {@link TargetDirectory#AS_MADE} when the kernel gives that one
   */
  int groupOfNew(TargetDirectory directory) throws LinuxException {
    SourceEntry self = directory.self;
    FileStatus before = directory.before;
    if (self == null || before == null || rules.group && rights.isRoot() && !isFake()) {
      return TargetDirectory.AS_MADE;
    }
    FileStatus now = isFake() ? directory.opened().status() : before;
    boolean isNew = directory.isNew || directory.isFirstDressed;
    boolean willGive = !isFake() && keeper.willGiveGroup(self.attributes(), now, isNew);
    TargetDirectory parent = directory.parent;
    int settled =
        isNew && parent != null && parent.group != TargetDirectory.AS_MADE
            ? parent.group
            : now.gid();
    int own = isFake() ? now.gid() : keeper.group(self.attributes(), settled);
    boolean gives = (now.mode() & SETGID) != 0;
    if (gives == willGive && (!gives || own == now.gid())) {
      return TargetDirectory.AS_MADE;
    }
    return willGive ? own : group;
  }

  /**
   * Gives something that was just made the group that {@link #groupOfNew} said.
   *
   * @param in the directory that it will be in; null for the target itself
   */
  void settleGroup(Handle inode, @Nullable TargetDirectory in) throws LinuxException {
    if (in == null || in.group == TargetDirectory.AS_MADE) {
      return;
    }
    FileStatus now = inode.status();
    if (now.gid() != in.group && keeper.mayGiveTo(in.group)) {
      inode.setOwner(now.uid(), in.group);
    }
  }

  /** The same as {@link #dress} by a name: a symbolic link, a device, a special file. */
  void dressName(
      TargetDirectory directory,
      byte[] name,
      byte[] path,
      SourceEntry entry,
      @Nullable FileStatus replaced)
      throws LinuxException {
    try (FileHandle inode = directory.opened().openPath(name)) {
      settleGroup(inode, directory);
      dress(inode, path, entry, null, replaced, directory.inherited);
    }
  }

  /**
   * Gives a directory that was done already, and then changed again, its time once more. Of one
   * that is somebody else's it cannot be set, and with rsync neither: that a time cannot be set is
   * told when the directory is done.
   */
  void restoreTime(DirectoryHandle directory, FileStatus before) throws LinuxException {
    if (keepsTimes(Item.Kind.DIRECTORY) && !rules.dryRun) {
      try {
        directory.setTimes(0, Handle.OMIT, before.mtimeSeconds(), before.mtimeNanos());
      } catch (LinuxException e) {
        if (e.errno() != Errno.EPERM) {
          throw e;
        }
      }
    }
  }

  /** A directory whose entries are all made. */
  void finish(TargetDirectory directory, DirectoryHandle handle, SourceEntry self)
      throws LinuxException {
    FileStatus before = directory.before;
    if (directory.isNew || directory.isFirstDressed || before == null) {
      settleGroup(handle, directory.parent);
      dress(handle, directory.path, self, null, null, directory.inherited);
      return;
    }
    FileStatus now = handle.status();
    int differences = keeper.differences(handle, self.attributes(), now, false);
    if (!now.hasSameTime(before)) {
      differences |= Change.TIME; // something was made in it: the same second is not enough
    }
    if (now.permissions() != before.permissions()) {
      differences |= Change.PERMISSIONS;
    }
    if (differences != 0 || keeper.needsExactTime(self.attributes(), now)) {
      adjust(handle, directory.path, self, now, differences);
    }
    if (!rules.permissions && now.permissions() != before.permissions()) {
      handle.setPermissions(before.permissions()); // its owner was let in for the copy only
    }
  }

  private void told(Handle inode, byte[] path, SourceEntry entry, List<NotKept> all) {
    if (all.isEmpty()) {
      return;
    }
    Limits known = limits;
    List<NotKept> some = known == null ? withoutRepetition(all) : all;
    for (NotKept one : some) {
      try {
        if (known == null || !known.isOne(one, path, inode)) {
          report.failure(CopyStatus.PARTIAL, path, one.toString(), one.cause().errno());
        } else if (one.bit() == Change.ACL && rules.permissions) {
          // The mode that goes with the list would give more than the list.
          inode.setPermissions(entry.attributes().withoutAcls().permissions());
        }
      } catch (LinuxException e) {
        report.failure(CopyStatus.PARTIAL, path, String.valueOf(e.getMessage()), e.errno());
      }
    }
  }

  /** Of something that belongs to somebody else nothing can be set: that is told once. */
  private static List<NotKept> withoutRepetition(List<NotKept> all) {
    NotKept first = null;
    for (NotKept one : all) {
      if (isForOwnerOnly(one) && (first == null || isOfOwner(one))) {
        first = one;
      }
    }
    NotKept told = first;
    return all.stream().filter(one -> one == told || !isForOwnerOnly(one)).toList();
  }

  private static boolean isForOwnerOnly(NotKept one) {
    int bits = OWNERS | Change.PERMISSIONS | Change.ACL | Change.TIME | Change.ACCESS_TIME;
    return one.cause().errno() == Errno.EPERM && (one.bit() & bits) != 0;
  }

  private static boolean isOfOwner(NotKept one) {
    return (one.bit() & OWNERS) != 0;
  }

  private static LargeValues large(SourceEntry entry) {
    LargeValues values = entry.large();
    return values == null ? attribute -> null : values;
  }

  /**
   * What a file will be like that is made in a directory: so that the kernel need not be asked for
   * each of them.
   *
   * @return null when that is not known: the directory gives a list or a group to what is made
   */
  static @Nullable FileStatus ofNew(DirectoryHandle directory) throws LinuxException {
    FileStatus in = directory.status();
    if ((in.mode() & SETGID) != 0 || directory.xattr(Acl.DEFAULT) != null) {
      return null;
    }
    return in;
  }

  /** The status of a file that was made with these permissions where {@link #ofNew} knows. */
  FileStatus made(int permissions) {
    return FileStatus.NONE.as(0100000 | permissions & ~mask, user, group, 0);
  }

  /**
   * The permissions to make a file with that nobody can reach yet: the final ones where that saves
   * setting them.
   */
  int permissionsInFresh(SourceEntry entry, @Nullable Acl inherited) {
    int wanted = keeper.permissions(entry.attributes(), null, inherited) & 0777;
    return (wanted & mask) == 0 ? wanted | 0200 : 0600;
  }
}
