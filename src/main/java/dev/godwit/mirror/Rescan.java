package dev.godwit.mirror;

/** Why everything had to be looked at again, or all of a mount. */
public enum Rescan {
  /** The kernel has lost changes, of all or of a mount. */
  LOST_EVENTS("lost_events", "lost events"),
  /** The connection was made anew. */
  CONNECTION("connection", "connections"),
  /** The process was started again, or another one has gone on. */
  RESTART("restart", "restarts"),
  /** A source, a target or a mount was missing and is back. */
  RETURN("return", "returns"),
  /** Somebody has ended a pause or a halt. */
  RESUME("resume", "resumes");

  private final String word;
  private final String plural;

  Rescan(String word, String plural) {
    this.word = word;
    this.plural = plural;
  }

  /** For programs. */
  public String word() {
    return word;
  }

  /** For people, after a number. */
  public String plural() {
    return plural;
  }
}
