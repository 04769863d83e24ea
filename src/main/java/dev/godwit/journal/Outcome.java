package dev.godwit.journal;

/** How a step or a run ended. */
public enum Outcome {
  DONE,
  FAILED,
  /** It had begun, and what it did was taken back. */
  TAKEN_BACK
}
