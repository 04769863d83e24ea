package dev.godwit.watch;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.InodeHandle;

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
   * @param isSaved whether a program that has written to it has closed it
   */
  record Names(byte[] directory, byte[] name, boolean content, boolean isSaved) implements Change {}

  /**
   * Look at a name, and at all below when it is a directory.
   *
   * @param content as in {@link Names}, for all below: it came here just now. False when it is only
   *     time to look again
   * @param isArrival that this says no more than that a directory got this name: what happened in
   *     that directory, under whatever name, is told by {@link In}
   */
  record Tree(byte[] path, boolean content, boolean isArrival) implements Change {}

  /**
   * Something happened in a directory that the reader follows ({@link Watch#follow}), wherever that
   * was at the time. The same is told as {@link Names} and {@link Tree}, by the path that the
   * directory has by now; or not, when that is outside.
   *
   * @param name in the directory; {@code .} is the directory itself
   * @param content as in {@link Names}
   * @param isArrival whether a directory got this name
   */
  record In(InodeHandle directory, byte[] name, boolean content, boolean isArrival)
      implements Change {}

  /**
   * A file got another name: told after both names, as a hint where the content of the new one may
   * be already. By the paths that both directories have by now; nothing is certain about it.
   */
  record Renamed(byte[] from, byte[] to) implements Change {}

  /**
   * A file with several names was changed by one that is not below the root, or is no more: look at
   * those that are. Only a watch that is told which file it was tells this.
   *
   * @param file as it is by now
   * @param wasBelow whether it has, or had, a name below the root for certain
   */
  record Elsewhere(FileStatus file, boolean wasBelow) implements Change {}

  /** Look at everything: changes were lost (H16). */
  record Everything() implements Change {}
}
