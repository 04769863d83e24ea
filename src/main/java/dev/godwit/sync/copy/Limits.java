package dev.godwit.sync.copy;

import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.NotKept;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What file systems of the target cannot have at all (EOPNOTSUPP: no access control lists, no
 * attributes of a name space), as network file systems often cannot. In a series of copies that is
 * told once and left out from then on, where it would otherwise fail again with every look. Where a
 * list cannot be had, nobody gets more than it would give. Any thread.
 */
final class Limits {
  /**
   * What a file system lacks.
   *
   * @param spaces of attributes, with their dots
   */
  private record Lost(boolean acls, Set<String> spaces) {}

  private static final Lost NOTHING = new Lost(false, Set.of());

  private final long rootDevice;
  private final Consumer<String> told;

  /** By device. */
  private final Map<Long, Lost> limited = new ConcurrentHashMap<>();

  /**
   * @param told what is left out, for people; once for each file system and kind
   */
  Limits(long rootDevice, Consumer<String> told) {
    this.rootDevice = rootDevice;
    this.told = told;
  }

  /**
   * What can be had of what is wanted.
   *
   * @param directory that it is in; null for the root itself
   */
  Attributes of(Attributes wanted, @Nullable FileStatus directory) {
    if (limited.isEmpty()) {
      return wanted;
    }
    Lost lost = limited.get(directory == null ? rootDevice : directory.device());
    if (lost == null) {
      return wanted;
    }
    Attributes left =
        lost.spaces.isEmpty()
            ? wanted
            : wanted.withoutXattrs(name -> lost.spaces.contains(space(name)));
    return lost.acls ? left.withoutAcls() : left;
  }

  /** The part of an attribute's name up to its first dot, with it. */
  private static String space(byte[] attribute) {
    String name = Names.display(attribute);
    return name.substring(0, name.indexOf('.') + 1);
  }

  /** Whether something that could not be set is something that the file system cannot have. */
  boolean isOne(NotKept failure, byte[] path, Handle inode) throws LinuxException {
    byte[] attribute = failure.attribute();
    if (failure.cause().errno() != Errno.EOPNOTSUPP
        || failure.bit() != Change.ACL && attribute == null) {
      return false;
    }
    String space = attribute == null ? null : space(attribute);
    if (lose(inode.status().device(), space)) {
      byte[] directory = Paths.parent(path);
      told.accept(
          "the target's file system at "
              + (directory.length == 0 ? "the root" : Names.display(directory))
              + " has no "
              + (space == null ? "access control lists" : "extended attributes " + space + "*")
              + "; they are left out there");
    }
    return true;
  }

  /** Returns whether that is news. */
  private synchronized boolean lose(long device, @Nullable String space) {
    Lost before = limited.getOrDefault(device, NOTHING);
    Set<String> spaces = new HashSet<>(before.spaces);
    boolean isNews = space == null ? !before.acls : spaces.add(space);
    limited.put(device, new Lost(before.acls || space == null, Set.copyOf(spaces)));
    return isNews;
  }
}
