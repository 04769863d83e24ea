package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import dev.godwit.watch.Root.Fate;
import org.jspecify.annotations.Nullable;

/** May the source's root be mirrored as it is now? A pure function (H27). */
final class RootGuard {
  private RootGuard() {}

  /**
   * @param expected the identity that was mirrored before; empty for none
   * @param wasFilled whether the root held something when it was last looked at, and has to
   * @return what is wrong and what to do; null when nothing is
   */
  static @Nullable String objection(
      String root, Fate fate, String expected, String identity, boolean wasFilled) {
    boolean isAnother = !expected.isEmpty() && !expected.equals(identity);
    String problem =
        switch (fate) {
          case VANISHED -> "the directory " + root + " is gone";
          case REPLACED ->
              root + " is another directory now (replaced, unmounted, or mounted over)";
          case EMPTY -> wasFilled && !isAnother ? "everything in " + root + " is gone" : null;
          case SAME -> null;
        };
    if (problem == null && isAnother) {
      problem = root + " is not the directory that was mirrored before";
    }
    return problem == null
        ? null
        : problem
            + ". The mirror has stopped and deletes nothing on the target. Bring the directory"
            + " back and resume the mirror; or, if this is meant, "
            + (fate == Fate.EMPTY && !isAnother ? "empty the target by hand, then " : "")
            + "resume the mirror with a new root.";
  }

  /**
   * The directory is not there when a connection begins.
   *
   * @param wasMirrored whether it was there before
   */
  static String absence(String root, boolean wasMirrored) {
    return "the directory "
        + root
        + (wasMirrored ? " is gone" : " is not there")
        + ". Nothing is changed on the target. The mirror goes on by itself when the directory is"
        + (wasMirrored ? " back; another one in its place would halt it again." : " there.");
  }

  /**
   * What is wrong with a mount that takes part, which is mirrored again when it is back.
   *
   * @param path of the place, for people
   * @param fate {@code VANISHED} or {@code REPLACED}
   * @param detail more about it; may be empty
   */
  static String mountObjection(String path, Fate fate, String detail) {
    return objection(
        fate == Fate.VANISHED
            ? "what was mounted at " + path + " is gone"
            : "what is mounted at " + path + " is not what was mirrored before",
        detail);
  }

  /** The same of one that is to take part and was not there yet. */
  static String mountAbsence(String path, String detail) {
    return objection("nothing is mounted at " + path + ", which is to take part", detail);
  }

  private static String objection(String what, String detail) {
    return what
        + (detail.isEmpty() ? "" : " (" + detail + ")")
        + ". The mirror has stopped and deletes nothing on the target. It goes on by itself when"
        + " that mount is there; or, if another one is meant, resume the mirror with a new root; or,"
        + " if none is meant, leave it out of the mirror's mounts.";
  }

  /** A mount that takes part is in another one that does not. */
  static String leftOutObjection(String path, String above) {
    return path
        + " cannot take part, because it is in "
        + above
        + ", which is mounted too and takes no part. Name both, or mirror "
        + path
        + " by itself.";
  }

  /**
   * Below the target something of the source is mounted.
   *
   * @param target its path, for people
   * @param mount the path of the mount below it, one char a byte
   * @param source its path, for people
   */
  static String shownObjection(String target, String mount, String source) {
    return "below the target "
        + target
        + ", at "
        + PathText.display(mount)
        + ", the source "
        + source
        + " is mounted, or a part of it, or what it comes from or is in: it would be changed there."
        + " Unmount that, or name another target";
  }

  /** A mount that takes part shows what it is in. */
  static String loopObjection(String path) {
    return path
        + " cannot take part: it is a bind mount of a directory that the source itself is in, so"
        + " that all would be copied once more below it. Leave it out of the mirror's mounts.";
  }
}
