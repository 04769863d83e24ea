package dev.godwit.sync.content;

/** What one end of a delta is to be called for next. */
public enum DeltaStep {
  /** It has more to do. */
  AGAIN,

  /** It waits for a message of the other end. */
  WAITING,

  /** It has ended. */
  DONE
}
