package dev.godwit.forward.rules;

/** Which of several destinations a new connection goes to. */
public enum Balance {
  /** The first in the list that is up; the others stand by. */
  FIRST("first"),
  /** All that are up, in turn. */
  ROUND_ROBIN("round-robin");

  private final String word;

  Balance(String word) {
    this.word = word;
  }

  public String word() {
    return word;
  }
}
