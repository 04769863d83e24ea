package dev.godwit.move;

import java.io.IOException;

/**
 * A switch that the gate on old has made and the journal knows nothing of: it was lost, or is that
 * of another controller. What a command does then would not be what it says: clients are on new.
 */
final class UnknownSwitch {
  private UnknownSwitch() {}

  /**
   * @throws MoveException REFUSED when there was such a one
   */
  static void refuse(Move move) throws IOException {
    if (Move.lastSwitch(move.journal()).isEmpty() && Recovery.isReleased(Side.of(move, Role.OLD))) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "the gate on old has released its clients to new, of which %s knows nothing: give the command where the cut-over was made, with its journal. If that is lost, clients go back by hand, as docs/by-hand.md says"
              .formatted(Move.journalFile(move.plan())));
    }
  }
}
