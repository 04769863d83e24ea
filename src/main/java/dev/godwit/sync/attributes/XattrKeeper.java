package dev.godwit.sync.attributes;

import dev.godwit.linux.Errno;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compares and sets the extended attributes of inodes on the target. Safe for threads. */
final class XattrKeeper {
  private static final byte[] TRUSTED = Names.of("trusted.");

  /** Orders that are tried where there is little room. */
  private static final int TRIES_MAX = 32;

  private final XattrChoice choice;
  private final boolean isFake;

  XattrKeeper(Rules rules, Rights rights, @Nullable XattrFilter filter) {
    this.choice = new XattrChoice(rules, rights, filter);
    this.isFake = rights.isFake();
  }

  /**
   * Whether the inode has these and no others, as far as they are copied at all. Values are read
   * only while everything is equal.
   *
   * @param stored the names of all that the inode has
   * @param dropsCapability whether a file capability goes by itself before these are set
   */
  boolean isSame(Place place, List<byte[]> stored, @Nullable Xattrs wanted, boolean dropsCapability)
      throws LinuxException {
    int found = 0;
    for (byte[] attribute : stored) {
      if (isFake && FakeSuper.isOwn(attribute)) {
        continue;
      }
      byte[] name = isFake ? FakeSuper.meant(attribute) : attribute;
      if (wanted != null && choice.isCopied(name) && wanted.indexOf(name) >= 0) {
        found++;
      } else if (choice.isRemoved(name) && !(dropsCapability && Xattrs.isCapability(name))) {
        return false;
      }
    }
    if (wanted == null) {
      return true;
    }
    if (found != taken(wanted)) {
      return false;
    }
    for (int i = 0; i < wanted.size(); i++) {
      Xattr xattr = wanted.get(i);
      if (choice.isCopied(xattr.name())) {
        byte[] value = place.xattr(stored(xattr.name()));
        if (value == null || !xattr.isValue(value)) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Whether something that was just made may have attributes that it is not to have: the lists that
   * its directory gave it, where a filter of the user's own has them as attributes like others.
   */
  boolean mayBeInherited() {
    return choice.isRemoved(Acl.ACCESS);
  }

  /** How many of them are copied: the source may hand out more than we take. */
  private int taken(Xattrs wanted) {
    return copied(wanted).size();
  }

  private byte[] stored(byte[] name) {
    return isFake ? FakeSuper.stored(name) : name;
  }

  /**
   * Sets all of them; a file capability last.
   *
   * <p>ext4 has little room for them, in two parts: the first one of an inode goes into the inode
   * if it fits. So it can depend on the order whether all fit, and on what an attribute was before:
   * then those that programs have made are set anew, in other orders.
   */
  void set(Handle inode, Xattrs wanted, LargeValues large, Failures failures) {
    List<Xattr> copied = copied(wanted);
    Failures found = new Failures();
    set(inode, copied, large, found);
    if (found.hasCause(Errno.ENOSPC)) {
      for (List<Xattr> order : XattrRoom.orders(copied, TRIES_MAX)) {
        found = new Failures();
        setAnew(inode, order, large, found);
        if (!found.hasCause(Errno.ENOSPC)) {
          break;
        }
      }
    }
    failures.addAll(found);
  }

  private void setAnew(Handle inode, List<Xattr> order, LargeValues large, Failures failures) {
    for (Xattr xattr : order) {
      if (isOfPrograms(xattr.name())) {
        remove(inode, stored(xattr.name()), failures);
      }
    }
    set(inode, order, large, failures);
  }

  /** What the kernel goes by has to stay, such as a label. */
  private static boolean isOfPrograms(byte[] name) {
    return XattrChoice.begins(name, XattrChoice.USER) || XattrChoice.begins(name, TRUSTED);
  }

  private List<Xattr> copied(Xattrs wanted) {
    List<Xattr> copied = new ArrayList<>(wanted.size());
    for (int i = 0; i < wanted.size(); i++) {
      if (choice.isCopied(wanted.get(i).name())) {
        copied.add(wanted.get(i));
      }
    }
    return copied;
  }

  private void set(Handle inode, List<Xattr> copied, LargeValues large, Failures failures) {
    for (boolean isCapability : new boolean[] {false, true}) {
      for (Xattr xattr : copied) {
        if (Xattrs.isCapability(xattr.name()) == isCapability) {
          set(inode, xattr, large, failures);
        }
      }
    }
  }

  private void set(Handle inode, Xattr xattr, LargeValues large, Failures failures) {
    try {
      byte[] carried = xattr.value();
      byte[] value = carried != null ? carried : large.value(xattr.name());
      if (value != null) {
        inode.setXattr(stored(xattr.name()), value);
      }
    } catch (LinuxException e) {
      failures.addXattr(xattr.name(), e);
    }
  }

  /** Makes the attributes of an inode these and no others. */
  void replace(Handle inode, @Nullable Xattrs wanted, LargeValues large, Failures failures) {
    try {
      for (byte[] attribute : inode.xattrs()) {
        byte[] name = isFake ? FakeSuper.meant(attribute) : attribute;
        boolean isOwn = isFake && FakeSuper.isOwn(attribute);
        boolean isWanted = wanted != null && choice.isCopied(name) && wanted.indexOf(name) >= 0;
        if (!isOwn && !isWanted && choice.isRemoved(name)) {
          remove(inode, attribute, failures);
        }
      }
    } catch (LinuxException e) {
      failures.add(Change.XATTR, "the extended attributes", e);
      return;
    }
    if (wanted != null) {
      set(inode, wanted, large, failures);
    }
  }

  private static void remove(Handle inode, byte[] attribute, Failures failures) {
    try {
      inode.removeXattr(attribute);
    } catch (LinuxException e) {
      failures.add(Change.XATTR, "the absence of the attribute " + Names.display(attribute), e);
    }
  }
}
