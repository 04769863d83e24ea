package dev.godwit.move;

import java.io.IOException;

/** {@code rollback}: takes a cut-over back that was not released; clients are served by old. */
public final class Rollback {
  private final Move move;

  public Rollback(Move move) {
    this.move = move;
  }

  /**
   * @return what it found and did, one sentence
   */
  public String run() throws IOException, InterruptedException {
    Phase before = move.phase();
    Phase after = new Recovery(move).run();
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
