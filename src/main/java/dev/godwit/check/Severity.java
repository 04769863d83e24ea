package dev.godwit.check;

/** How bad a finding is. */
public enum Severity {
  GOOD,
  WARNING,
  /** Keeps the move from being what it promises. */
  ERROR
}
