package dev.godwit.sync;

/** On which occasions names are removed that the source does not have. */
public enum Removals {
  /** Whenever it is known that the source does not have them. */
  ALL,
  /** Only where a whole directory is compared. */
  IN_COMPARISONS,
  /** Only where they were seen to go. */
  WHEN_SEEN
}
