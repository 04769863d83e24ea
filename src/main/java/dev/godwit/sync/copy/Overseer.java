package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import java.util.List;

/** What a series of copies has to say while its source is listed. Any thread. */
interface Overseer {
  /**
   * Whether another file system is mounted at a name; that is told then, and the name left out
   * (H25).
   *
   * @param here the status of the directory
   * @param directory its path
   */
  boolean isOtherMount(
      DirectoryHandle in, FileStatus here, byte[] directory, byte[] name, FileStatus status)
      throws LinuxException;

  /**
   * A directory is about to be listed.
   *
   * @param isWhole whether with all that is in it and below
   * @return false when nothing is to be listed, because it is another directory than the target has
   *     there, and a rename is to come first; that is told then
   */
  boolean opened(byte[] directory, DirectoryHandle handle, boolean isWhole) throws LinuxException;

  /**
   * Whether a directory that was opened has come in the place of another one while names are only
   * removed that were seen to go: all that the other one had was.
   */
  boolean isReplaced(byte[] directory);

  /**
   * Whether a directory is at a name of which the target has the copy elsewhere, or the target has
   * one there whose own is elsewhere: then nothing is done at the name, which is told.
   *
   * @param isDirectory whether a directory is there
   */
  boolean isElsewhere(DirectoryHandle in, byte[] directory, byte[] name, boolean isDirectory)
      throws LinuxException;

  /** Whether the target has the copy of a directory at a name. */
  boolean hasCopy(byte[] directory, byte[] name);

  /** The names in a directory at which the target has copies of directories. */
  List<byte[]> copiesIn(byte[] directory);

  /** A name that a look is at is no directory, or nothing. */
  void isNoDirectory(byte[] directory, byte[] name);

  /**
   * Whether {@link #listed} has to be told of each file of a directory, also of those that are the
   * same on the target.
   */
  boolean hasToKnowAll(byte[] directory);

  /** A name takes part. */
  void listed(byte[] directory, byte[] name, FileStatus status);

  /** A directory is on another file system by now. */
  void otherMount(byte[] directory);

  /** Whether names that are missing in a directory are missing, and not the whole tree (H27). */
  boolean mayBeMissing(byte[] directory) throws LinuxException;
}
