package dev.godwit.mirror;

/** Why everything had to be looked at again, or all of a mount. */
public enum Rescan {
  /** The kernel has lost changes, of all or of a mount. */
  LOST_EVENTS("lost_events", "lost event", "lost events"),
  /** The connection was made anew. */
  CONNECTION("connection", "connection", "connections"),
  /** The process was started again, or another one has gone on. */
  RESTART("restart", "restart", "restarts"),
  /** A source, a target or a mount was missing and is back. */
  RETURN("return", "return", "returns"),
  /** Somebody has ended a pause or a halt. */
  RESUME("resume", "resume", "resumes");

  private final String word;
  private final String singular;
  private final String plural;

  Rescan(String word, String singular, String plural) {
    this.word = word;
    this.singular = singular;
    this.plural = plural;
  }

  /** For programs. */
  public String word() {
    return word;
  }

  /** For people, after one. */
  public String singular() {
    return singular;
  }

  /** For people, after any other number. */
  public String plural() {
    return plural;
  }
}
