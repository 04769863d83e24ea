package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;

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
   */
  void opened(byte[] directory, DirectoryHandle handle, boolean isWhole) throws LinuxException;

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
