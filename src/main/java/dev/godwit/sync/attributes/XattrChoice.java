package dev.godwit.sync.attributes;

import dev.godwit.linux.Names;
import dev.godwit.sync.rules.Rules;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which extended attributes a side copies: as root all but {@code system.*}, otherwise {@code
 * user.*}; a filter of the user's own takes the place of that rule. What rsync keeps for itself
 * ({@code user.rsync.%…}) is copied with -XX only. Immutable.
 *
 * <p>Not in rsync: {@code security.selinux} that only the target has is left alone. It is the label
 * that the target's policy gave, each file there has one, and it cannot be removed. And the second
 * names that XFS has for access control lists ({@link Acl#isStoredByXfs}) take no part: removed as
 * what a source on another file system lacks, they would take the lists along, and leave the mask
 * as the group's rights.
 */
final class XattrChoice {
  static final byte[] SYSTEM = Names.of("system.");
  static final byte[] USER = Names.of("user.");
  private static final byte[] OWN = Names.of("user.rsync.%");
  private static final byte[] SELINUX = Names.of("security.selinux");

  private final boolean withOwn;
  private final boolean aclsApart;
  private final XattrFilter filter;

  XattrChoice(Rules rules, Rights rights, @Nullable XattrFilter filter) {
    this.withOwn = rules.systemXattrs;
    this.aclsApart = rules.acls;
    this.filter = filter == null ? XattrFilter.usual(rights) : filter;
  }

  /** Whether the source hands it out, and the target takes it. */
  boolean isCopied(byte[] name) {
    return isSeen(name) && (withOwn || !begins(name, OWN));
  }

  /** Whether the target has to be rid of it when the source has none of this name. */
  boolean isRemoved(byte[] name) {
    return isSeen(name) && !Arrays.equals(name, SELINUX);
  }

  private boolean isSeen(byte[] name) {
    return !filter.excludes(name) && !(aclsApart && isAcl(name)) && !Acl.isStoredByXfs(name);
  }

  static boolean isAcl(byte[] name) {
    return Arrays.equals(name, Acl.ACCESS) || Arrays.equals(name, Acl.DEFAULT);
  }

  static boolean begins(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }
}
