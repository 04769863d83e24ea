package dev.godwit.watch;

/**
 * Something to look at again. Paths are relative to the root, without a slash at either end; empty
 * is the root itself. Nothing says what happened, and a look may find nothing changed.
 */
public sealed interface Change {
  /**
   * Look at one name in a directory. The name {@code .} (in the root only) is the root directory
   * itself.
   */
  record Names(byte[] directory, byte[] name) implements Change {}

  /** Look at a name, and at all below when it is a directory. */
  record Tree(byte[] path) implements Change {}

  /** Look at everything: changes were lost (H16). */
  record Everything() implements Change {}
}
