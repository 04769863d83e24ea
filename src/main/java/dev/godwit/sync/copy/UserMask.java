package dev.godwit.sync.copy;

import dev.godwit.linux.Identity;
import dev.godwit.sync.rules.Rules;

/**
 * The umask(1) of the user on a far host. An agent has a mask of its own there, because what it
 * makes for itself is private; what a copy makes is as this user makes it. The mask belongs to the
 * whole process.
 */
public final class UserMask {
  /** In octal digits; absent where the process has the user's own. */
  private static final String PROPERTY = "godwit.umask";

  private UserMask() {}

  /** Takes it for the rest of the process, which does nothing but a copy. */
  static void take() {
    String mask = System.getProperty(PROPERTY, "");
    if (mask.matches("[0-7]{1,4}")) {
      Identity.setMask(Integer.parseInt(mask, 8) & 0777);
    }
  }

  /** Takes it for a series of copies, which may have other work beside it, where it matters. */
  public static void takeFor(Rules rules) {
    if (!rules.permissions || !rules.chmod.isEmpty()) {
      take();
    }
  }
}
