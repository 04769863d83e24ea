package dev.godwit.sync.attributes;

import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import java.util.Arrays;

/**
 * What this side may do, or shall try or pretend: root's right to give files away, an ordinary
 * user's to give them to groups of its own. Immutable.
 */
public final class Rights {
  private final boolean isRoot;
  private final boolean isFake;
  private final int[] groups;

  Rights(boolean isRoot, boolean isFake, int[] groups) {
    this.isRoot = isRoot;
    this.isFake = isFake;
    this.groups = groups;
  }

  /** Those of this process under these rules; --super or --no-super, where set, comes first. */
  public static Rights of(Rules rules) throws LinuxException {
    boolean isFake = rules.fakeSuper && rules.superUser == null;
    boolean isRoot = rules.superUser == null ? Identity.isRoot() : rules.superUser;
    int[] others = Identity.groups();
    int[] groups = Arrays.copyOf(others, others.length + 1);
    groups[others.length] = Identity.group();
    return new Rights(isFake || isRoot, isFake, groups);
  }

  /** Whether owners, devices and all name spaces of attributes are in reach. */
  public boolean isRoot() {
    return isRoot;
  }

  /** Whether the mode of a file keeps this process from nothing, whatever it shall try. */
  public boolean mayWriteAll() {
    return isRoot && Identity.user() == 0;
  }

  /** Whether what only root may do is kept in an attribute instead (--fake-super). */
  public boolean isFake() {
    return isFake;
  }

  /** Whether a file can be given to this group. */
  boolean mayGiveTo(int gid) {
    if (isRoot) {
      return true;
    }
    for (int group : groups) {
      if (group == gid) {
        return true;
      }
    }
    return false;
  }
}
