package dev.godwit.move;

import java.util.Locale;

/**
 * The steps of a cut-over in the order in which they are made. The order is the proof that nothing
 * is lost; each step says what it would lose elsewhere.
 */
public enum CutoverStep {
  /** Outside the hold, so that inside it only what changed since is left to carry. */
  AUDIT("new has all that old has", "nothing to undo"),
  /** The gate stands beside the service; nothing is held or relayed yet. */
  CAPTURE("the gate stands ready on old", "on old: end the gate's process (gate.pid)"),
  /** Before the stop: a connection that comes while the service stops would be refused. */
  HOLD("new connections wait", "on old: end the gate's process; the lease ends by itself"),
  /** Requests that are being answered end, so that the stop cuts none of them. */
  DRAIN("requests in progress have ended", "nothing to undo"),
  /** Before the barrier: a service that runs would write what the barrier no longer carries. */
  STOP("the services on old have stopped", "on old: start the services in the plan's order"),
  /** What stood in the queues of the stopped services' sockets is held with the others. */
  QUEUED("connections that the services had not accepted wait too", "nothing to undo"),
  /** All that old acknowledged is on new and durable. */
  BARRIER("the last changes are on new, durable", "nothing to undo"),
  /** Before new's first write: nothing may go from old to new after it. */
  PAUSE("nothing goes from old to new any more", "godwit start goes on with the mirror"),
  START("the services on new run", "on new: stop the services in the opposite order"),
  CHECK("the services on new answer", "nothing to undo"),
  /** The one step that cannot be taken back: from here on new accepts what old has not. */
  RELEASE("waiting and new connections go to new", "a move in the opposite direction");

  private final String done;
  private final String undo;

  CutoverStep(String done, String undo) {
    this.done = done;
    this.undo = undo;
  }

  /** What is true when it is done. */
  public String done() {
    return done;
  }

  /** How it is taken back by hand. */
  public String undo() {
    return undo;
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether clients wait while it is made. */
  public boolean inHold() {
    return compareTo(HOLD) > 0;
  }
}
