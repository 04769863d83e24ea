package dev.godwit.sync.rules;

/** When names that the source does not have are removed from the target. */
public enum Deletion {
  NONE,
  /** Before anything is transferred: both trees are read first. */
  BEFORE,
  /** Directory by directory, each before its files are transferred. */
  DURING,
  /** Found directory by directory, removed at the end. */
  DELAY,
  /** Found and removed at the end. */
  AFTER
}
