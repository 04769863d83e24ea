package dev.godwit.move;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The steps of a switch in the order in which they are made. The order is the proof that nothing is
 * lost; each step says what it would lose elsewhere. <i>Serving</i> is the host that serves when it
 * begins, <i>next</i> the one that is to serve: old and new in a cut-over, new and old in a
 * rollback.
 */
public enum CutoverStep {
  /** Outside the hold, so that inside it only what changed since is left to carry. */
  AUDIT("{next} has all that {serving} has", "nothing to undo"),
  /** The gate stands beside the service; nothing is held or relayed yet. */
  CAPTURE(
      "the gate stands ready on {serving}",
      "on {serving}: end the gate's processes (SIGTERM to gate.watch.pid)"),
  /** Before the stop: a connection that comes while the service stops would be refused. */
  HOLD("new connections wait", "on {serving}: end the gate's process; the lease ends by itself"),
  /** Requests that are being answered end, so that the stop cuts none of them. */
  DRAIN("requests in progress have ended", "nothing to undo"),
  /** Before the barrier: a service that runs would write what the barrier no longer carries. */
  STOP(
      "the services on {serving} have stopped",
      "on {serving}: start the services in the plan's order"),
  /** What stood in the queues of the stopped services' sockets is held with the others. */
  QUEUED("connections that the services had not accepted wait too", "nothing to undo"),
  /** All that the serving host acknowledged is on the next one and durable. */
  BARRIER("the last changes are on {next}, durable", "nothing to undo"),
  /** Before next's first write: nothing may go from serving to next after it. */
  PAUSE("nothing goes from {serving} to {next} any more", "godwit start goes on with the mirror"),
  /** Before the start: a service that finds files of other owners loses or refuses them. */
  SETTLE("what was carried is known to fit {next} before its service starts", "nothing to undo"),
  START("the services on {next} run", "on {next}: stop the services in the opposite order"),
  CHECK("the services on {next} answer", "nothing to undo"),
  /** From here on next accepts what serving has not: only a switch back takes it back. */
  RELEASE("waiting and new connections go to {next}", "godwit {opposite}, until godwit finish"),
  /** After the release: until then nothing may write on the serving host but its services. */
  FOLLOW("{serving} follows {next}, so that there is a way back", "nothing to undo"),
  /** Last: both hosts serve its clients by now, one of them by passing them on. */
  ADDRESS(
      "the address is on {next}",
      "ip address del ADDRESS dev LINK on {next}, ip address add the same on {serving}");

  private final String done;
  private final String undo;

  CutoverStep(String done, String undo) {
    this.done = done;
    this.undo = undo;
  }

  /** What is true when it is done. */
  public String done(Direction direction) {
    return filled(done, direction);
  }

  /** How it is taken back by hand. */
  public String undo(Direction direction) {
    return filled(undo, direction);
  }

  private static String filled(String text, Direction direction) {
    return text.replace("{serving}", direction.serving().word())
        .replace("{next}", direction.next().word())
        .replace("{opposite}", direction.opposite().command());
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The step with this word; empty for {@code take-back} and whatever else is none. */
  static Optional<CutoverStep> of(String word) {
    return Arrays.stream(values()).filter(step -> step.word().equals(word)).findFirst();
  }

  /** Whether clients wait while the step with this word is made; other words are no step. */
  public static boolean isHeldDuring(String word) {
    return of(word).filter(CutoverStep::inHold).isPresent();
  }

  /** Whether clients wait while it is made. */
  public boolean inHold() {
    return compareTo(HOLD) > 0 && compareTo(RELEASE) <= 0;
  }
}
