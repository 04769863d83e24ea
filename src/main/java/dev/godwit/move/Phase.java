package dev.godwit.move;

import dev.godwit.plan.Plan;

/**
 * Where a move stands, in order. Each says what is true while it lasts and what the way back is.
 *
 * <p>The journal keeps the last one reached; what the hosts answer goes before it (H58).
 */
public enum Phase {
  /**
   * Also of a move that was given up: then its mirrors have ended, and what they copied is left.
   */
  PLANNED("the move has not begun, or was given up", "nothing to take back"),
  FOLLOWING(
      "old serves; new follows it, file by file",
      "the services use the files of old; those of new follow them, file by file",
      "finish --abandon ends the mirror"),
  SWITCHING("a cut-over is under way", "until release it is taken back by itself, or by rollback"),
  NEW_SERVES(
      "new serves, and old follows it; what still comes to old is passed on to new",
      "the services use the files of new; those of old follow them",
      "rollback gives the clients back to old, with all that new has accepted"),
  SWITCHING_BACK(
      "a rollback is under way", "until release it is taken back by itself, or by cutover"),
  FINISHED(
      "new serves; the move is over",
      "the services use the files of new; nothing of Godwit is left on the host",
      "a move of its own");

  private final String sentence;
  private final String withinHost;
  private final String wayBack;

  Phase(String sentence, String wayBack) {
    this(sentence, sentence, wayBack);
  }

  Phase(String sentence, String withinHost, String wayBack) {
    this.sentence = sentence;
    this.withinHost = withinHost;
    this.wayBack = wayBack;
  }

  /** What is true of both hosts, or of the one that is old and new. */
  public String sentence(boolean isWithinHost) {
    return isWithinHost ? withinHost : sentence;
  }

  /** Why it is too early or too late for a command, with what helps. */
  String objection(Plan plan) {
    return sentence(plan.isWithinHost())
        + switch (this) {
          case PLANNED -> "; first: godwit start " + plan.typed();
          case FINISHED -> "; the next one takes a plan with another name under `move`";
          default -> "";
        };
  }

  public String wayBack() {
    return wayBack;
  }

  /** As {@code status --json} and the journal write it: {@code new-serves}. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /** The inverse of {@link #word}. */
  public static Phase ofWord(String word) {
    return valueOf(word.toUpperCase(java.util.Locale.ROOT).replace('-', '_'));
  }
}
