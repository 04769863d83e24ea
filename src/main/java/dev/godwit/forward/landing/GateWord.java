package dev.godwit.forward.landing;

import java.io.IOException;

/** What the gate of the other host says of how its hold has ended; nobody else knows it. */
interface GateWord {
  /** For a landing that nothing depends on. */
  GateWord UNHEARD =
      new GateWord() {
        @Override
        public void released(long epoch) {}

        @Override
        public void withdrawn(long epoch) {}
      };

  /** Clients come here: what was started for this epoch, or an earlier one, stays. */
  void released(long epoch) throws IOException, InterruptedException;

  /**
   * They do not, and never will in this epoch. Returns when nothing runs here that was started for
   * it.
   */
  void withdrawn(long epoch) throws IOException, InterruptedException;
}
