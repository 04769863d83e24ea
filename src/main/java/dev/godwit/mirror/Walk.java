package dev.godwit.mirror;

import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Directories that are taken one after the other, top down. */
interface Walk {
  /** The next directory, of which nothing was looked at; null when there is none. */
  @Nullable String next();

  /** What is in the directory that came last. */
  void found(Collection<String> directories);

  /** Whether a directory is not looked at, but only listed for those in it. */
  default boolean isPassed(String directory) {
    return false;
  }

  /**
   * What is in a directory that is only listed.
   *
   * @param directories when the inode of each was changed, in nanoseconds since 1970
   */
  default void foundPassed(Map<String, Long> directories) {
    found(directories.keySet());
  }
}
