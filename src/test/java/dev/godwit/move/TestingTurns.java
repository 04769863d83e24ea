package dev.godwit.move;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A lab in which one switch after the other is made, there and back by turns, so that each attempt
 * also begins where many others have ended; after one that fails, the next one gets a lab of its
 * own. One thread.
 */
final class TestingTurns {
  private static final int FILES = 300;

  private final String hold;
  private @Nullable TestingMove lab;
  private boolean isBothFar;
  private boolean isGood;

  /** After the last green one. */
  private Role serves = Role.OLD;

  /**
   * @param hold of the plan
   */
  TestingTurns(String hold) {
    this.hold = hold;
  }

  /**
   * The lab with the host serving that is left by this switch; until {@link #isGreen} it is spoilt.
   *
   * @param bothFar whether the controller is on a third host
   */
  TestingMove labFor(Direction direction, boolean bothFar)
      throws IOException, InterruptedException {
    if (lab == null || !isGood || bothFar != isBothFar) {
      down();
      lab = TestingMove.up(FILES, hold);
      isBothFar = bothFar;
      if (bothFar) {
        lab.controlFromClient();
      }
      lab.godwit(0, "start");
      serves = Role.OLD;
    }
    isGood = false;
    if (serves != direction.serving()) {
      // Where there are two of one direction.
      lab.godwit(0, direction.opposite().command(), "--yes");
      serves = direction.serving();
    }
    return lab;
  }

  /** The switch was made, and all is well. */
  void isGreen(Direction direction) {
    serves = direction.next();
    isGood = true;
  }

  void down() {
    if (lab != null) {
      lab.close();
      lab = null;
    }
  }
}
