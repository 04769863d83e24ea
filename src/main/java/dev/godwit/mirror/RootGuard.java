package dev.godwit.mirror;

import dev.godwit.watch.Root.Fate;
import org.jspecify.annotations.Nullable;

/** May the source's root be mirrored as it is now? A pure function (H27). */
final class RootGuard {
  private RootGuard() {}

  /**
   * @param expected the identity that was mirrored before; empty for none
   * @param wasFilled whether the root held something when it was last looked at
   * @return what is wrong and what to do; null when nothing is
   */
  static @Nullable String objection(
      String root, Fate fate, String expected, String identity, boolean wasFilled) {
    String problem =
        switch (fate) {
          case VANISHED -> "the directory " + root + " is gone";
          case REPLACED ->
              root + " is another directory now (replaced, unmounted, or mounted over)";
          case EMPTY -> wasFilled ? "everything in " + root + " is gone" : null;
          case SAME -> null;
        };
    if (problem == null && !expected.isEmpty() && !expected.equals(identity)) {
      problem = root + " is not the directory that was mirrored before";
    }
    return problem == null
        ? null
        : problem
            + ". The mirror has stopped and deletes nothing on the target. Bring the directory"
            + " back and resume the mirror; or, if this is meant, end the mirror and start a new"
            + " one.";
  }
}
