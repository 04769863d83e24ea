package dev.godwit.move;

import java.io.IOException;

/** {@code rollback}: takes a cut-over back that was not released; clients are served by old. */
public final class Rollback {
  private final Move move;
  private final Recovery.Witness witness;

  /**
   * Takes back whatever was cut off.
   *
   * @param witness what a person says, for when the gate cannot
   */
  public Rollback(Move move, Recovery.Witness witness) {
    this.move = move;
    this.witness = witness;
  }

  /**
   * @return what it found and did, one sentence
   */
  public String run() throws IOException, InterruptedException {
    Phase before = move.phase();
    Phase after = new Recovery(move, witness).run();
    return switch (after) {
      case NEW_SERVES, FINISHED ->
          throw new MoveException(
              MoveException.Kind.REFUSED,
              "%s cannot be rolled back: %s. The way back from here is %s"
                  .formatted(move.plan().move(), after.sentence(), after.wayBack()));
      case FOLLOWING ->
          before == Phase.SWITCHING
              ? "Taken back: clients are served by old, new follows it again."
              : "There was nothing to roll back: clients are served by old.";
      case PLANNED -> "There was nothing to roll back: nothing was started.";
      case SWITCHING -> throw new IllegalStateException("recovery ends in a settled phase");
    };
  }
}
