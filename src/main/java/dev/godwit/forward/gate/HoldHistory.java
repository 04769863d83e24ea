package dev.godwit.forward.gate;

import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.WaitingRoom;
import java.util.ArrayList;
import java.util.List;

/** The holds of a gate, the last hundred of them. Any thread. */
final class HoldHistory {
  private static final int KEPT = 100;

  private final List<GateStatus.Hold> ended = new ArrayList<>();
  private long startMillis;

  synchronized void begin() {
    startMillis = System.currentTimeMillis();
  }

  /**
   * Ends the hold that runs; what was counted in it is known by the loop and comes a moment later.
   */
  synchronized void end(String how, Relay relay, WaitingRoom room) {
    GateStatus.Hold hold = new GateStatus.Hold(startMillis, System.currentTimeMillis(), how, 0, 0);
    if (ended.size() >= KEPT) {
      ended.removeFirst();
    }
    ended.add(hold);
    relay.loop().execute(() -> counted(hold, room));
  }

  private synchronized void counted(GateStatus.Hold hold, WaitingRoom room) {
    int at = ended.lastIndexOf(hold);
    if (at >= 0) {
      ended.set(at, hold.with(room.admittedSinceShut(), room.longestWaitNanos() / 1_000_000));
    }
  }

  synchronized List<GateStatus.Hold> list() {
    return new ArrayList<>(ended);
  }

  /** With the one that runs, as the loop has counted it so far. */
  synchronized List<GateStatus.Hold> listWithRunning(GateStatus.Hold counted) {
    List<GateStatus.Hold> all = list();
    all.add(
        new GateStatus.Hold(
            startMillis, 0, "", counted.connections(), counted.longestWaitMillis()));
    return all;
  }
}
