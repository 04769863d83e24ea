package dev.godwit.sync.attributes;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the rules keep of an inode. With neither -A nor -X that takes no system call beside
 * the statx(2) that the caller has made; otherwise one for an inode without lists and attributes,
 * and one more for each of these. Safe for threads.
 */
public final class AttributeReader {
  private final Rules rules;
  private final Rights rights;
  private final XattrChoice choice;
  private final ModeChange chmod;

  /**
   * @param rules of the source's side
   * @param filter the user's rules for names of extended attributes; null for the usual ones
   * @param mask the umask that {@code --chmod} goes by
   * @throws IllegalArgumentException when --chmod is malformed, with a message for the user
   */
  public AttributeReader(Rules rules, Rights rights, @Nullable XattrFilter filter, int mask) {
    this.rules = rules;
    this.rights = rights;
    this.choice = new XattrChoice(rules, rights, filter);
    this.chmod = ModeChange.parse(rules.chmod, mask);
  }

  /**
   * What a name stands for: with --fake-super that can be something else than it is.
   *
   * @throws LinuxException EINVAL when the attribute that says so cannot be understood
   */
  public FileStatus meant(DirectoryHandle directory, byte[] name, FileStatus real)
      throws LinuxException {
    return rights.isFake() ? meant(new Place.Named(directory, name), name, real) : real;
  }

  static FileStatus meant(Place place, byte[] name, FileStatus real) throws LinuxException {
    if (!real.isRegular() && !real.isDirectory()) {
      return real; // nothing else can have attributes of the user
    }
    byte[] value;
    try {
      value = place.xattr(FakeSuper.STAT);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EACCES) {
        return real; // who may not read it cannot know, nor copy it
      }
      throw e;
    }
    if (value == null) {
      return real;
    }
    FakeSuper.Stat stat = FakeSuper.Stat.parse(value);
    if (stat == null || !stat.fits(real.mode())) {
      throw malformed(name, FakeSuper.STAT);
    }
    return real.as(stat.mode(), stat.uid(), stat.gid(), stat.device());
  }

  /**
   * Reads the attributes of a name.
   *
   * @param status what {@link #meant} made of its status
   * @throws LinuxException also E2BIG when there are more extended attributes than {@link Xattrs}
   *     takes
   */
  public Attributes read(DirectoryHandle directory, byte[] name, FileStatus status)
      throws LinuxException {
    int mode = mode(status);
    return rules.acls || rules.xattrs
        ? read(new Place.Named(directory, name), name, status, mode)
        : Attributes.of(status, mode, null, null, null);
  }

  /**
   * Reads the attributes of an open inode. What grants rights (setuid, capabilities, lists) belongs
   * to the content: a name can come to stand for another inode between two calls, so where others
   * can change the directory, ask again through the handle that the content is read from.
   */
  public Attributes read(Handle inode, FileStatus status) throws LinuxException {
    int mode = mode(status);
    return rules.acls || rules.xattrs
        ? read(new Place.Open(inode), new byte[0], status, mode)
        : Attributes.of(status, mode, null, null, null);
  }

  /**
   * The value of an attribute that was too large to be carried along; null when it is gone.
   *
   * @param attribute as the attributes name it
   */
  public byte @Nullable [] value(DirectoryHandle directory, byte[] name, byte[] attribute)
      throws LinuxException {
    if (!choice.isCopied(attribute)) {
      return null;
    }
    return directory.xattr(name, rights.isFake() ? FakeSuper.stored(attribute) : attribute);
  }

  private int mode(FileStatus status) {
    return status.isSymbolicLink()
        ? status.mode()
        : chmod.apply(status.mode(), status.isDirectory());
  }

  private Attributes read(Place place, byte[] name, FileStatus status, int mode)
      throws LinuxException {
    List<byte[]> stored = place.xattrs();
    if (stored.isEmpty()) {
      return Attributes.of(status, mode, null, null, null);
    }
    Acl acl = null;
    Acl defaultAcl = null;
    if (rules.acls && !status.isSymbolicLink()) {
      acl = readAcl(place, stored, rights.isFake(), false, name, status.mode());
      defaultAcl =
          status.isDirectory()
              ? readAcl(place, stored, rights.isFake(), true, name, status.mode())
              : null;
    }
    Xattrs xattrs = rules.xattrs ? xattrs(place, stored) : null;
    return Attributes.of(status, mode, acl, defaultAcl, xattrs);
  }

  /** A list that says more than the mode; null when there is none. */
  static @Nullable Acl readAcl(
      Place place, List<byte[]> stored, boolean fake, boolean isDefault, byte[] name, int mode)
      throws LinuxException {
    byte[] attribute =
        fake
            ? isDefault ? FakeSuper.DEFAULT_ACL : FakeSuper.ACCESS_ACL
            : isDefault ? Acl.DEFAULT : Acl.ACCESS;
    byte[] value = contains(stored, attribute) ? place.xattr(attribute) : null;
    if (value == null) {
      return null;
    }
    Acl acl = fake ? FakeSuper.list(value, mode) : Acl.parse(value);
    if (acl == null) {
      throw malformed(name, attribute);
    }
    return !isDefault && acl.isMinimal() ? null : acl;
  }

  private @Nullable Xattrs xattrs(Place place, List<byte[]> stored) throws LinuxException {
    List<byte[]> names = new ArrayList<>(stored.size());
    List<byte[]> from = new ArrayList<>(stored.size());
    for (byte[] attribute : stored) {
      if (rights.isFake() && FakeSuper.isOwn(attribute)) {
        continue;
      }
      byte[] meant = rights.isFake() ? FakeSuper.meant(attribute) : attribute;
      boolean isSecond = rights.isFake() && contains(names, meant);
      if (choice.isCopied(meant) && !isSecond) {
        names.add(meant);
        from.add(attribute);
      }
    }
    return names.isEmpty() ? null : Xattrs.read(names, from, place::xattr);
  }

  static boolean contains(List<byte[]> names, byte[] name) {
    for (byte[] one : names) {
      if (Arrays.equals(one, name)) {
        return true;
      }
    }
    return false;
  }

  private static LinuxException malformed(byte[] name, byte[] attribute) {
    String shown = Names.display(name) + " " + Names.display(attribute);
    return new LinuxException("getxattr", shown, Errno.EINVAL);
  }
}
