package dev.godwit.watch;

/**
 * Something to look at again. Paths are relative to the root, without a slash at either end; empty
 * is the root itself. Nothing says what happened, and a look may find nothing changed.
 */
public sealed interface Change {
  /**
   * Look at one name in a directory. The name {@code .} (in the root only) is the root directory
   * itself.
   *
   * @param content whether the content may be another, whatever size and time say: it was written,
   *     or the name stands for another file. False when only attributes changed or the name went
   */
  record Names(byte[] directory, byte[] name, boolean content) implements Change {}

  /**
   * Look at a name, and at all below when it is a directory.
   *
   * @param content as in {@link Names}, for all below: it came here just now. False when it is only
   *     time to look again
   */
  record Tree(byte[] path, boolean content) implements Change {}

  /** Look at everything: changes were lost (H16). */
  record Everything() implements Change {}
}
