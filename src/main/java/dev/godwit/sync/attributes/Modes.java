package dev.godwit.sync.attributes;

import dev.godwit.linux.FileStatus;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/** Which permissions a name shall have on the target: pure functions (rsync(1), --perms). */
public final class Modes {
  /** There is no name yet. */
  public static final int NEW = -1;

  private static final int SETUID = 04000;
  static final int SETGID = 02000;
  private static final int READ = 0444;
  private static final int EXECUTE = 0111;
  private static final int ALL = 0777;

  private Modes() {}

  /**
   * The lower 12 bits of the mode.
   *
   * @param source the source's mode, as st_mode, after {@code --chmod}
   * @param existing the mode of what stands at the name, of the same type; {@link #NEW} for none
   * @param defaults the permissions that new names get where they are made; see {@link #defaults}
   */
  public static int wanted(Rules rules, int source, int existing, int defaults) {
    if (rules.permissions) {
      return source & 07777;
    }
    if (existing == NEW) {
      return source & ALL & defaults;
    }
    boolean isRegular = (source & FileStatus.TYPE) == 0100000;
    boolean isExecutable = (source & EXECUTE) != 0;
    if (!rules.executability || !isRegular || isExecutable == ((existing & EXECUTE) != 0)) {
      return existing & 07777;
    }
    return isExecutable ? existing & 07777 | (existing & READ) >> 2 : existing & 07777 & ~EXECUTE;
  }

  /**
   * The permissions that new names get in a directory: the default ACL's if it has one, otherwise
   * those that the mask leaves (acl(5)).
   */
  public static int defaults(@Nullable Acl defaultAcl, int mask) {
    return defaultAcl != null ? defaultAcl.permissions() : ALL & ~mask;
  }

  /**
   * Without the bits that would let a program run as somebody who did not agree to it: setuid when
   * the owner is not the one meant, setgid likewise. For directories, setgid grants nothing and
   * stays (H6).
   */
  static int withoutForeign(int permissions, boolean isDirectory, boolean owner, boolean group) {
    int kept = permissions;
    if (!owner) {
      kept &= ~SETUID;
    }
    if (!group && !isDirectory) {
      kept &= ~SETGID;
    }
    return kept;
  }
}
