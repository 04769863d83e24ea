package dev.godwit.sync.attributes;

import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.copy.Change;
import java.util.List;

/**
 * One inode on its way to what it shall be: the single steps, each of which tells its failure and
 * lets the rest go on. {@link AttributeKeeper} has their order. One thread.
 */
final class Dressing {
  /** Instead of permissions: nobody else can have opened the inode yet. */
  static final int UNUSED = -1;

  private static final int ALL = 0777;
  private static final int SPECIAL = 07000;
  private static final int SETIDS = 06000;
  private static final int OWNER_WRITE = 0200;
  private static final int GROUP_AND_OTHERS = 0077;
  private static final int LEAVE = -1;

  final Handle inode;
  final Attributes wanted;
  final Failures notKept = new Failures();

  /** Whether the access list is to be set, or taken away if there is none. */
  boolean withList;

  /** The same for the list that new names in a directory get. */
  boolean withDefaultList;

  private boolean ownerFailed;
  private boolean groupFailed;

  Dressing(Handle inode, Attributes wanted) {
    this.inode = inode;
    this.wanted = wanted;
  }

  /**
   * Gives the inode away.
   *
   * @param now the permissions that it has
   * @param permissions those that it will have, or {@link #UNUSED}: what they take from the group
   *     and from others is taken before it belongs to another group
   * @return whether the owner or the group was changed
   */
  boolean setOwner(boolean user, boolean group, int now, int permissions) {
    if (!user && !group) {
      return false;
    }
    int narrow = now & (permissions | ~GROUP_AND_OTHERS);
    if (!wanted.isSymbolicLink() && narrow != now) {
      setPermissions(narrow);
    }
    try {
      inode.setOwner(user ? wanted.uid() : LEAVE, group ? wanted.gid() : LEAVE);
      return true;
    } catch (LinuxException e) {
      ownerFailed = user;
      groupFailed = group;
      String who =
          (user ? Integer.toUnsignedString(wanted.uid()) : "")
              + (group ? ":" + Integer.toUnsignedString(wanted.gid()) : "");
      int bits = (user ? Change.OWNER : 0) | (group ? Change.GROUP : 0);
      notKept.add(bits, "the owner " + who, e);
      return false;
    }
  }

  /**
   * Lets the owner write.
   *
   * @return the permissions that the inode has then
   */
  int makeWritable(int now) {
    if (wanted.isSymbolicLink() || (now & OWNER_WRITE) != 0) {
      return now;
    }
    setPermissions(now | OWNER_WRITE);
    return now | OWNER_WRITE;
  }

  /**
   * Sets the mode and the lists.
   *
   * @param now the permissions that the inode had before it was given away
   * @param isGiven whether it was
   */
  void setMode(int wish, int now, boolean isGiven) {
    if (wanted.isSymbolicLink()) {
      return;
    }
    int permissions = Modes.withoutForeign(wish, wanted.isDirectory(), !ownerFailed, !groupFailed);
    // The kernel takes setuid and setgid from what is given away; which of them, and when, depends
    // on its age.
    boolean isSure = !isGiven || wanted.isDirectory() || (now & SETIDS) == 0;
    int standing = now;
    Acl acl = wanted.acl();
    if (withList && acl != null) {
      Acl agreed = acl.withPermissions(permissions);
      if (setList(Acl.ACCESS, agreed)) {
        standing = standing & SPECIAL | permissions & ALL;
      } else {
        permissions = permissions & SPECIAL | agreed.permissionsWithoutList();
      }
    }
    if (standing != permissions || !isSure) {
      setPermissions(permissions);
    }
    if (withList && acl == null) {
      removeList(Acl.ACCESS);
    }
    if (withDefaultList && wanted.isDirectory()) {
      Acl defaultAcl = wanted.defaultAcl();
      if (defaultAcl == null) {
        removeList(Acl.DEFAULT);
      } else {
        setList(Acl.DEFAULT, defaultAcl);
      }
    }
  }

  private void setPermissions(int permissions) {
    try {
      inode.setPermissions(permissions);
    } catch (LinuxException e) {
      notKept.add(Change.PERMISSIONS, "the permissions 0" + Integer.toOctalString(permissions), e);
    }
  }

  private boolean setList(byte[] attribute, Acl acl) {
    try {
      inode.setXattr(attribute, acl.value());
      return true;
    } catch (LinuxException e) {
      notKept.add(Change.ACL, "the access control list", e);
      return false;
    }
  }

  private void removeList(byte[] attribute) {
    try {
      inode.removeXattr(attribute);
    } catch (LinuxException e) {
      notKept.add(Change.ACL, "the access control list", e);
    }
  }

  void setTimes(boolean modified, boolean accessed) {
    if (!modified && !accessed) {
      return;
    }
    try {
      inode.setTimes(
          wanted.atimeSeconds(),
          accessed ? wanted.atimeNanos() : Handle.OMIT,
          wanted.mtimeSeconds(),
          modified ? wanted.mtimeNanos() : Handle.OMIT);
    } catch (LinuxException e) {
      int bits = (modified ? Change.TIME : 0) | (accessed ? Change.ACCESS_TIME : 0);
      notKept.add(bits, "the time", e);
    }
  }

  List<NotKept> result() {
    return notKept.list();
  }
}
