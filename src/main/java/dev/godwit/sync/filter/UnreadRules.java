package dev.godwit.sync.filter;

import dev.godwit.linux.LinuxException;

/**
 * Hears of a file of rules that a directory has and that this user may not read. It counts as none
 * then, as with rsync: what its owner leaves out is copied rather than that a tree in which others
 * have such files cannot be copied at all.
 */
@FunctionalInterface
public interface UnreadRules {
  /**
   * @param file its path, for people
   */
  void passedOver(String file, LinuxException why);

  /** What is told of that. */
  static String text(String file, LinuxException why) {
    return "the file of filter rules "
        + file
        + " cannot be read: "
        + why.reason()
        + ". What it would leave out is copied";
  }
}
