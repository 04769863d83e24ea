package dev.godwit.sync.copy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names of a target that came lately where nothing stood. In a spool or among sessions all
 * names come and go: who loses such a one has lost nothing that stood (H27).
 *
 * <p>About 150 bytes for each; those beyond the limit are as if they had stood before. Pure; times
 * are System.nanoTime() and given by the caller. Not safe for threads.
 */
final class Newcomers {
  static final int NAMES_MAX = 100_000;

  private final long lateNanos;

  /** When each came; nearly in that order. */
  private final Map<Look.Key, Long> names = new LinkedHashMap<>();

  /**
   * @param late for how long a name is one of them
   */
  Newcomers(Duration late) {
    lateNanos = late.toNanos();
  }

  void came(byte[] path, long now) {
    Iterator<Long> oldest = names.values().iterator();
    while (oldest.hasNext() && now - oldest.next() > lateNanos) {
      oldest.remove();
    }
    gone(path); // a name that comes once more is the youngest
    if (names.size() < NAMES_MAX) {
      names.put(new Look.Key(path), now);
    }
  }

  boolean has(byte[] path, long now) {
    Long came = names.isEmpty() ? null : names.get(new Look.Key(path));
    return came != null && now - came <= lateNanos;
  }

  void gone(byte[] path) {
    names.remove(new Look.Key(path));
  }

  /** Of a file; what stood under the new name goes on to stand there. */
  void renamed(byte[] from, byte[] to, boolean isReplacing) {
    Long came = names.remove(new Look.Key(from));
    if (came != null && !isReplacing) {
      names.put(new Look.Key(to), came);
    }
  }

  /** With all that is in it. */
  void renamedDirectory(byte[] from, byte[] to, boolean isExchanged) {
    Map<Look.Key, Long> moved = new LinkedHashMap<>();
    take(from, to, moved);
    if (isExchanged) {
      take(to, from, moved);
    }
    names.putAll(moved);
  }

  private void take(byte[] from, byte[] to, Map<Look.Key, Long> moved) {
    List<Look.Key> taken = new ArrayList<>();
    names.forEach(
        (key, came) -> {
          if (Paths.isAtOrBelow(key.name(), from)) {
            taken.add(key);
            byte[] below = Arrays.copyOfRange(key.name(), from.length, key.name().length);
            moved.put(new Look.Key(Paths.concat(to, below)), came);
          }
        });
    taken.forEach(names::remove);
  }
}
