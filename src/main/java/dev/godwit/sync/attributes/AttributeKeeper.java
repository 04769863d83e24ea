package dev.godwit.sync.attributes;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.rules.Rules;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Compares and sets, on the target, what the rules keep of an inode beside its content.
 *
 * <p>The order is always: owner; mode and access control lists; extended attributes, of them file
 * capabilities last; times (H6). The kernel takes setuid and capabilities away when the owner
 * changes, and setting any of the others would change a time. No right is given on the way that the
 * inode does not have in the end: a mode is narrowed before its owner changes, a list is set before
 * the bits that stand for its mask, and taken away after them.
 *
 * <p>Everything is set through a handle of the inode itself, never by a name (H2); one opened for
 * its path only will do. What cannot be set is told and does not keep the rest from being set.
 *
 * <p>Safe for threads.
 */
public final class AttributeKeeper {
  private static final int ALL = 0777;
  private static final int SETIDS = 06000;
  private static final int SETUID = 04000;
  private static final int SETGID = 02000;
  private static final int GROUP_EXECUTE = 0010;
  private static final int SPECIAL = 07000;

  private final Rules rules;
  private final Rights rights;
  private final Owners owners;
  private final XattrKeeper xattrs;
  private final int mask;

  /**
   * @param rules of the target's side
   * @param filter the user's rules for names of extended attributes; null for the usual ones
   * @param mask the umask of this process
   */
  public AttributeKeeper(
      Rules rules, Rights rights, Owners owners, @Nullable XattrFilter filter, int mask) {
    this.rules = rules;
    this.rights = rights;
    this.owners = owners;
    this.xattrs = new XattrKeeper(rules, rights, filter);
    this.mask = mask;
  }

  /** What a name on the target stands for: with --fake-super that can be another than it is. */
  public FileStatus meant(DirectoryHandle directory, byte[] name, FileStatus real)
      throws LinuxException {
    return rights.isFake()
        ? AttributeReader.meant(new Place.Named(directory, name), name, real)
        : real;
  }

  /**
   * The source's attributes with the owners that they have on the target; the same object when
   * nobody changes.
   *
   * @throws OwnerException when it cannot be said who; the file must not be copied then (H11)
   */
  public Attributes mapped(Attributes source) throws OwnerException {
    // With --numeric-ids, rsync leaves those in lists alone, although it maps owners: a right would
    // be somebody else's.
    boolean mapsLists = !rules.numericIds || rules.mapAcls;
    boolean withLists =
        rules.acls && mapsLists && (source.acl() != null || source.defaultAcl() != null);
    int uid = keepsOwner() ? owners.user(source.uid()) : source.uid();
    int gid = rules.group ? owners.group(source.gid()) : source.gid();
    if (uid == source.uid() && gid == source.gid() && !withLists) {
      return source;
    }
    return source.owned(
        uid,
        gid,
        withLists ? mapped(source.acl()) : source.acl(),
        withLists ? mapped(source.defaultAcl()) : source.defaultAcl());
  }

  private @Nullable Acl mapped(@Nullable Acl acl) throws OwnerException {
    return acl == null ? null : acl.mapped(owners);
  }

  /**
   * The list that what is made in a directory begins with. Ask once for each directory; where the
   * rules need none of it, no call is made.
   *
   * @return null when there is none, or nobody needs to know
   */
  public @Nullable Acl inherited(DirectoryHandle directory) throws LinuxException {
    if (rules.permissions && (!rules.acls || rights.isFake())) {
      return null;
    }
    return defaultList(directory);
  }

  private static @Nullable Acl defaultList(DirectoryHandle directory) throws LinuxException {
    byte[] value = directory.xattr(Acl.DEFAULT);
    return value == null ? null : Acl.parse(value);
  }

  /**
   * The permissions that mkdir(2) gives a directory where a new one stands, whatever that was made
   * with: its list for what is made in it is that of the directory that it is in.
   */
  public int ofNewDirectory(DirectoryHandle made) throws LinuxException {
    int given = Modes.defaults(defaultList(made), mask);
    return 0777 & given | made.status().permissions() & Modes.SETGID;
  }

  /**
   * The list that an inode which was just made has from its directory; as {@link
   * #inherited(DirectoryHandle)}, where the directory's list may change meanwhile.
   */
  public @Nullable Acl inherited(Handle made) throws LinuxException {
    if (!rules.acls || rights.isFake()) {
      return null;
    }
    byte[] value = made.xattr(Acl.ACCESS);
    return value == null ? null : Acl.parse(value);
  }

  /** The permissions that a name shall have; {@code replaced} stood there before, if anything. */
  public int permissions(
      Attributes wanted, @Nullable FileStatus replaced, @Nullable Acl inherited) {
    return Modes.wanted(
        rules,
        wanted.mode(),
        replaced == null ? Modes.NEW : replaced.mode(),
        Modes.defaults(inherited, mask));
  }

  // Compare.

  /**
   * What differs, as bits of {@link Change}: TIME, PERMISSIONS, OWNER, GROUP, ACCESS_TIME, ACL and
   * XATTR. Where a new inode takes the place of the existing one, or new content its content, this
   * is what rsync itemizes; for others see {@link #told}.
   *
   * @param name of the existing one, which is of the same type
   * @param wanted mapped
   * @param existing what {@link #meant} made of its status
   * @param isReplaced whether a new inode, or new content, takes its place
   */
  public int differences(
      DirectoryHandle directory,
      byte[] name,
      Attributes wanted,
      FileStatus existing,
      boolean isReplaced)
      throws LinuxException {
    return differences(new Place.Named(directory, name), name, wanted, existing, isReplaced);
  }

  /** As the other, of an open inode. */
  public int differences(Handle inode, Attributes wanted, FileStatus existing, boolean isReplaced)
      throws LinuxException {
    return differences(new Place.Open(inode), new byte[0], wanted, existing, isReplaced);
  }

  private int differences(
      Place place, byte[] name, Attributes wanted, FileStatus existing, boolean isReplaced)
      throws LinuxException {
    int bits = differencesOfStatus(wanted, existing);
    if (rules.acls || rules.xattrs) {
      List<byte[]> stored = place.xattrs();
      if (rules.acls
          && !wanted.isSymbolicLink()
          && !hasLists(place, stored, name, wanted, existing)) {
        bits |= Change.ACL;
      }
      boolean dropsCapability =
          !isReplaced && !rules.dryRun && (bits & (Change.OWNER | Change.GROUP)) != 0;
      if (rules.xattrs && !hasXattrs(place, stored, wanted, dropsCapability)) {
        bits |= Change.XATTR;
      }
    }
    return bits;
  }

  /** What this user may not read counts as another one, as with rsync: a new inode gets its own. */
  private boolean hasXattrs(
      Place place, List<byte[]> stored, Attributes wanted, boolean dropsCapability)
      throws LinuxException {
    try {
      return xattrs.isSame(place, stored, wanted.xattrs(), dropsCapability);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EACCES) {
        return false;
      }
      throw e;
    }
  }

  private int differencesOfStatus(Attributes wanted, FileStatus existing) {
    int bits = 0;
    if (keepsTime(wanted) && !isSameTime(wanted.mtimeSeconds(), wanted.mtimeNanos(), existing)) {
      bits |= Change.TIME;
    }
    if (keepsAccessTime(wanted)
        && !wanted.isSymbolicLink() // comparing reads it, so it is never told
        && !isSameTime(
            wanted.atimeSeconds(),
            wanted.atimeNanos(),
            existing.atimeSeconds(),
            existing.atimeNanos())) {
      bits |= Change.ACCESS_TIME;
    }
    if (!wanted.isSymbolicLink() && permissions(wanted, existing, null) != existing.permissions()) {
      bits |= Change.PERMISSIONS;
    }
    if (keepsOwner() && wanted.uid() != existing.uid()) {
      bits |= Change.OWNER;
    }
    if (keepsGroup(wanted.gid()) && wanted.gid() != existing.gid()) {
      bits |= Change.GROUP;
    }
    return bits;
  }

  private boolean hasLists(
      Place place, List<byte[]> stored, byte[] name, Attributes wanted, FileStatus existing)
      throws LinuxException {
    boolean isFake = rights.isFake();
    Acl acl = AttributeReader.readAcl(place, stored, isFake, false, name, existing.mode());
    if (!Acl.isSameBesideMode(wanted.acl(), acl)) {
      return false;
    }
    if (!wanted.isDirectory()) {
      return true;
    }
    Acl defaultAcl = AttributeReader.readAcl(place, stored, isFake, true, name, existing.mode());
    return Objects.equals(wanted.defaultAcl(), defaultAcl);
  }

  /**
   * The bits that rsync tells of a name whose content stands: it looks again after some of the
   * steps, and what these have put right on their way is no difference any more.
   *
   * <ul>
   *   <li>A change of the owner takes setuid and setgid from what is no directory. Then owner and
   *       group are not told, and the permissions are if these bits come back.
   *   <li>A change of the owner drops a file capability, which is then set again and told.
   *   <li>Setting a list sets permissions as well.
   * </ul>
   *
   * With --dry-run nothing is put right on the way, and everything is told.
   *
   * @param differences what {@link #differences} found
   */
  public int told(int differences, Attributes wanted, FileStatus existing) {
    if (rules.dryRun || rights.isFake() || wanted.isDirectory() || wanted.isSymbolicLink()) {
      return differences;
    }
    int told = differences;
    int permissions = existing.permissions();
    boolean isGiven = (differences & (Change.OWNER | Change.GROUP)) != 0;
    if (isGiven && (permissions & SETIDS) != 0) {
      told &= ~(Change.OWNER | Change.GROUP);
      permissions = withoutSetids(permissions);
    }
    if ((differences & Change.ACL) != 0) {
      permissions = permissions & SPECIAL | wanted.permissions() & ALL;
    }
    if (rules.permissions) {
      told &= ~Change.PERMISSIONS;
      told |= permissions == wanted.permissions() ? 0 : Change.PERMISSIONS;
    }
    if (isGiven && rules.xattrs && wanted.isRegular() && hasCapability(wanted)) {
      told |= Change.XATTR;
    }
    return told;
  }

  /** What the kernel leaves of the permissions when the owner changes (chown(2)). */
  private static int withoutSetids(int permissions) {
    boolean isSetgid = (permissions & GROUP_EXECUTE) != 0; // otherwise it means something else
    return permissions & ~(isSetgid ? SETIDS : SETUID);
  }

  private static boolean hasCapability(Attributes wanted) {
    return wanted.xattrs() != null && wanted.xattrs().hasCapability();
  }

  /** Whether the time of modification is kept for what this is. */
  public boolean keepsTime(Attributes wanted) {
    return rules.times && !omitsTimes(wanted);
  }

  private boolean keepsAccessTime(Attributes wanted) {
    return rules.accessTimes && !wanted.isDirectory() && !omitsTimes(wanted);
  }

  private boolean omitsTimes(Attributes wanted) {
    return rules.omitDirectoryTimes && wanted.isDirectory()
        || rules.omitLinkTimes && wanted.isSymbolicLink() && !rights.isFake();
  }

  /** Whether two times are equal as --modify-window has it: by default within the same second. */
  public boolean isSameTime(long seconds, int nanos, long otherSeconds, int otherNanos) {
    if (rules.modifyWindowSeconds < 0) {
      return seconds == otherSeconds && nanos == otherNanos;
    }
    return Math.abs(seconds - otherSeconds) <= rules.modifyWindowSeconds;
  }

  /**
   * Whether what stands has a time of modification, as far as its inode can keep it: one of whole
   * seconds has 32 bits for them.
   */
  public boolean isSameTime(long seconds, int nanos, FileStatus standing) {
    return isSameTime(seconds, nanos, standing.mtimeSeconds(), standing.mtimeNanos())
        || rules.modifyWindowSeconds < 0
            && standing.isOfWholeSeconds()
            && standing.mtimeNanos() == 0
            && standing.mtimeSeconds() == Math.clamp(seconds, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /**
   * Whether the time of a file whose content was compared and found equal is not right to the
   * nanosecond, although it counts as equal: --checksum sets it then and does not tell. Likewise
   * with --fake-super where the file itself may have what is to be in an attribute.
   */
  public boolean needsExactTime(Attributes wanted, FileStatus existing) {
    return needsStandIn(existing) || isInexact(wanted, existing);
  }

  private boolean isInexact(Attributes wanted, FileStatus existing) {
    return rules.checksum
        && wanted.isRegular()
        && keepsTime(wanted)
        && !hasExactTime(wanted, existing);
  }

  private boolean needsStandIn(FileStatus existing) {
    return rights.isFake()
        && FakeSuper.realPermissions(existing.permissions(), existing.isDirectory())
            != existing.permissions();
  }

  private static boolean hasExactTime(Attributes wanted, FileStatus existing) {
    return wanted.mtimeSeconds() == existing.mtimeSeconds()
        && wanted.mtimeNanos() == existing.mtimeNanos();
  }

  private boolean keepsOwner() {
    return rules.owner && rights.isRoot();
  }

  private boolean keepsGroup(int gid) {
    return rules.group && rights.mayGiveTo(gid);
  }

  /** The group that something has in the end which has this one when it was made. */
  public int group(Attributes wanted, int made) {
    return keepsGroup(wanted.gid()) ? wanted.gid() : made;
  }

  /** Whether this process may give a file to a group. */
  public boolean mayGiveTo(int gid) {
    return rights.mayGiveTo(gid);
  }

  /**
   * Whether a directory gives its group to what is made in it, once it has its permissions.
   *
   * @param now its status before that
   * @param isNew whether it was made just now
   */
  public boolean willGiveGroup(Attributes wanted, FileStatus now, boolean isNew) {
    int mode =
        isNew && !rules.permissions ? now.mode() : permissions(wanted, isNew ? null : now, null);
    return (mode & SETGID) != 0;
  }

  // Set.

  /**
   * Gives an inode that was just made everything that it shall have.
   *
   * @param wanted mapped
   * @param now its status as it is; with an inherited list, what it was made with may not be it
   * @param replaced what stands at the name that it will get, of the same type; null for nothing
   * @param inherited what {@link #inherited} said of the directory in which it was made
   * @param large gives the values that were too large to be carried along
   * @return what could not be set
   */
  public List<NotKept> dress(
      Handle inode,
      Attributes wanted,
      FileStatus now,
      @Nullable FileStatus replaced,
      @Nullable Acl inherited,
      LargeValues large) {
    Dressing dressing = new Dressing(inode, wanted);
    int permissions = permissions(wanted, replaced, inherited);
    if (!rules.permissions && replaced != null) {
      permissions = ofReplaced(permissions, wanted, now, replaced);
    } else if (!rules.permissions && wanted.isDirectory()) {
      permissions |= now.mode() & SETGID; // mkdir(2) gives a directory that of its parent
    }
    if (rights.isFake()) {
      int bits = wanted.xattrs() == null ? 0 : Change.XATTR;
      dressFake(dressing, permissions, now, bits, large);
    } else {
      boolean isGiven = giveAway(dressing, now, Dressing.UNUSED);
      dressing.withList = rules.acls && (wanted.acl() != null || inherited != null);
      dressing.withDefaultList = rules.acls && (wanted.defaultAcl() != null || inherited != null);
      // As with rsync, directories keep the lists that they were made with.
      boolean hasXattrs = rules.xattrs && !wanted.isDirectory() && xattrs.mayBeInherited();
      boolean withXattrs = rules.xattrs && (wanted.xattrs() != null || hasXattrs);
      setModeAndXattrs(
          dressing, permissions, now.permissions(), isGiven, withXattrs, hasXattrs, large);
    }
    dressing.setTimes(keepsTime(wanted), keepsAccessTime(wanted));
    return dressing.result();
  }

  /**
   * The permissions that are taken over from what stands, for an inode that gets another owner: a
   * program that somebody has marked to run as himself does not come to run as us (not so in rsync,
   * where whoever can write the target's directory can get a program of root's so).
   */
  private int ofReplaced(int permissions, Attributes wanted, FileStatus now, FileStatus replaced) {
    int uid = keepsOwner() ? wanted.uid() : now.uid();
    int gid = keepsGroup(wanted.gid()) ? wanted.gid() : now.gid();
    // Where the group may not execute it, the bit means something else, as for chown(2).
    boolean keepsSetgid = gid == replaced.gid() || (permissions & GROUP_EXECUTE) == 0;
    return Modes.withoutForeign(
        permissions, wanted.isDirectory(), uid == replaced.uid(), keepsSetgid);
  }

  /**
   * Sets what differs on an inode that stands.
   *
   * @param wanted mapped
   * @param existing what {@link #meant} made of its status
   * @param differences what {@link #differences} found, or more of its bits
   * @param large as in {@link #dress}
   * @return what could not be set
   */
  public List<NotKept> adjust(
      Handle inode, Attributes wanted, FileStatus existing, int differences, LargeValues large) {
    Dressing dressing = new Dressing(inode, wanted);
    int permissions = permissions(wanted, existing, null);
    if (!rules.permissions) {
      permissions = ofReplaced(permissions, wanted, existing, existing);
    }
    boolean hasTime =
        keepsTime(wanted)
            && ((differences & Change.TIME) != 0
                || isInexact(wanted, existing)
                || (differences & Change.XATTR) != 0 && !hasExactTime(wanted, existing));
    boolean hasAccessTime =
        keepsAccessTime(wanted)
            && ((differences & Change.ACCESS_TIME) != 0 || wanted.isSymbolicLink());
    if (rights.isFake()) {
      dressFake(dressing, permissions, existing, differences, large);
    } else {
      boolean isGiven = giveAway(dressing, existing, permissions);
      dressing.withList = rules.acls && (differences & Change.ACL) != 0;
      dressing.withDefaultList = dressing.withList;
      boolean isDropped = isGiven && hasCapability(wanted);
      boolean withXattrs = rules.xattrs && ((differences & Change.XATTR) != 0 || isDropped);
      setModeAndXattrs(
          dressing, permissions, existing.permissions(), isGiven, withXattrs, true, large);
    }
    dressing.setTimes(hasTime, hasAccessTime);
    return dressing.result();
  }

  /** Whether the inode has another owner or group afterwards. */
  private boolean giveAway(Dressing dressing, FileStatus now, int permissions) {
    Attributes wanted = dressing.wanted;
    return dressing.setOwner(
        keepsOwner() && wanted.uid() != now.uid(),
        keepsGroup(wanted.gid()) && wanted.gid() != now.gid(),
        now.permissions(),
        permissions);
  }

  /**
   * Attributes come after the mode, because some of them grant rights. Those of an ordinary user
   * grant none and need the permission to write, which the mode may take away; they come before it.
   */
  private void setModeAndXattrs(
      Dressing dressing,
      int permissions,
      int now,
      boolean isGiven,
      boolean withXattrs,
      boolean hasXattrs,
      LargeValues large) {
    boolean xattrsFirst = withXattrs && !rights.mayWriteAll();
    int standing = xattrsFirst ? dressing.makeWritable(now) : now;
    if (xattrsFirst) {
      setXattrs(dressing, hasXattrs, large);
    }
    dressing.setMode(permissions, standing, isGiven);
    if (withXattrs && !xattrsFirst) {
      setXattrs(dressing, hasXattrs, large);
    }
  }

  private void setXattrs(Dressing dressing, boolean hasXattrs, LargeValues large) {
    Xattrs wanted = dressing.wanted.xattrs();
    if (hasXattrs || wanted == null) {
      xattrs.replace(dressing.inode, wanted, large, dressing.notKept);
    } else {
      xattrs.set(dressing.inode, wanted, large, dressing.notKept);
    }
  }

  /** The same with --fake-super: what only root may have goes into attributes of the user's own. */
  private void dressFake(
      Dressing dressing, int permissions, FileStatus now, int differences, LargeValues large) {
    Attributes wanted = dressing.wanted;
    Handle inode = dressing.inode;
    try {
      FileStatus real = inode.status();
      int realPermissions = FakeSuper.realPermissions(permissions, real.isDirectory());
      if (real.permissions() != realPermissions) {
        inode.setPermissions(realPermissions);
      }
      if (rules.acls) {
        setFakeList(inode, real, FakeSuper.ACCESS_ACL, wanted.acl(), permissions, false);
        if (real.isDirectory()) {
          setFakeList(inode, real, FakeSuper.DEFAULT_ACL, wanted.defaultAcl(), permissions, true);
        }
      }
      FakeSuper.Stat stat =
          new FakeSuper.Stat(
              wanted.mode() & FileStatus.TYPE | permissions,
              wanted.specialDevice(),
              keepsOwner() ? wanted.uid() : now.uid(),
              keepsGroup(wanted.gid()) ? wanted.gid() : now.gid());
      boolean isPlain =
          stat.mode() == (real.mode() & FileStatus.TYPE | realPermissions)
              && stat.uid() == real.uid()
              && stat.gid() == real.gid();
      if (isPlain) {
        removeKept(inode, real, FakeSuper.STAT);
      } else {
        inode.setXattr(FakeSuper.STAT, stat.value());
      }
    } catch (LinuxException e) {
      dressing.notKept.add(Change.PERMISSIONS | Change.OWNER, "what --fake-super keeps", e);
    }
    if (rules.xattrs && (differences & Change.XATTR) != 0) {
      xattrs.replace(inode, wanted.xattrs(), large, dressing.notKept);
    }
  }

  /** Devices and special files have no attributes of a user's (xattr(7)): nothing is kept there. */
  private static void removeKept(Handle inode, FileStatus real, byte[] attribute)
      throws LinuxException {
    if (real.isRegular() || real.isDirectory()) {
      inode.removeXattr(attribute);
    }
  }

  private static void setFakeList(
      Handle inode,
      FileStatus real,
      byte[] attribute,
      @Nullable Acl acl,
      int permissions,
      boolean isDefault)
      throws LinuxException {
    if (acl == null) {
      removeKept(inode, real, attribute);
    } else {
      Acl agreed = isDefault ? acl : acl.withPermissions(permissions);
      inode.setXattr(attribute, FakeSuper.list(agreed, isDefault));
    }
  }
}
