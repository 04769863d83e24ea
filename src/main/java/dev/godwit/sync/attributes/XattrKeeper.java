package dev.godwit.sync.attributes;

import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.rules.Rules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compares and sets the extended attributes of inodes on the target. Safe for threads. */
final class XattrKeeper {
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

  /** How many of them are copied: the source may hand out more than we take. */
  private int taken(Xattrs wanted) {
    int count = 0;
    for (int i = 0; i < wanted.size(); i++) {
      if (choice.isCopied(wanted.get(i).name())) {
        count++;
      }
    }
    return count;
  }

  private byte[] stored(byte[] name) {
    return isFake ? FakeSuper.stored(name) : name;
  }

  /** Sets all of them on an inode that has none; a file capability last. */
  void set(Handle inode, Xattrs wanted, LargeValues large, Failures failures) {
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < wanted.size(); i++) {
        Xattr xattr = wanted.get(i);
        if (Xattrs.isCapability(xattr.name()) == (pass == 1) && choice.isCopied(xattr.name())) {
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
