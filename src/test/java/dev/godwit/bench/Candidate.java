package dev.godwit.bench;

/** What is measured against rsync. */
enum Candidate {
  GODWIT("godwit"),
  /** rsync against itself: every ratio has to be near 1, or the benchmark is wrong. */
  RSYNC("rsync again"),
  /** Nothing: rsync and the limits alone, as a baseline of a machine. */
  NONE("godwit");

  private final String label;

  Candidate(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }
}
