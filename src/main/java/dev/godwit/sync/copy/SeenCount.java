package dev.godwit.sync.copy;

import dev.godwit.sync.Extent;
import java.util.HashMap;
import java.util.Map;

/**
 * Adds up what some looks of a series have come to, those at everything for one; what is looked at
 * in between for other reasons is not among it. Any thread.
 */
public final class SeenCount {
  private Extent ended = Extent.NONE;
  private final Map<Integer, Extent> underWay = new HashMap<>();

  /** How far a copy is. */
  synchronized void told(int number, Extent now) {
    underWay.put(number, now);
  }

  /** It is at its end: whatever was not brought was there already, or has failed. */
  synchronized void ended(int number) {
    Extent last = underWay.remove(number);
    if (last != null) {
      ended = ended.plus(new Extent(last.files(), last.bytes(), last.bytes()));
    }
  }

  /** All of it by now. */
  public synchronized Extent now() {
    Extent all = ended;
    for (Extent one : underWay.values()) {
      all = all.plus(one);
    }
    return all;
  }
}
