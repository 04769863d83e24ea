package dev.godwit.mirror;

import dev.godwit.sync.Counters;
import java.time.Duration;

/**
 * How large the next piece of a look at everything may be. Each one takes some milliseconds
 * whatever is in it, so they grow while nothing differs; where something does, and whenever
 * something changes, they are small again, so that nobody waits long for one.
 *
 * <p>One thread.
 */
final class PieceSize {
  private static final int TIMES_MAX = 8;

  /** It is gathered in this time and compared in about as long; a change waits for both at most. */
  private static final Duration LONGEST = Duration.ofMillis(25);

  /** Of directories with all that is below them: about as many names, in some tens of ms. */
  private static final int TREE_NAMES = 20_000;

  private long changes;
  private long seen;
  private int times = 1;
  private int trees;
  private long namesBefore;

  /**
   * How much goes into a piece.
   *
   * @param bytes of all files in it together
   */
  record Limits(int directories, int names, long bytes) {}

  /** Room for one piece. */
  static final class Room {
    private final Limits limits;
    private final int times;
    private final long began;

    /**
     * @param times what it may have more of directories and names than the limits, if that takes no
     *     longer than it may
     * @param began in System.nanoTime()
     */
    Room(Limits limits, int times, long began) {
      this.limits = limits;
      this.times = times;
      this.began = began;
    }

    /**
     * Whether more goes in.
     *
     * @param directories that are in it, with so many names and bytes
     */
    boolean isLeft(int directories, int names, long bytes, long now) {
      int more = now - began < LONGEST.toNanos() ? times : 1;
      return directories < more * limits.directories
          && names < more * limits.names
          && bytes < limits.bytes;
    }
  }

  /**
   * Room for the next piece.
   *
   * @param done by all looks so far
   */
  Room next(Limits limits, Counters done, long now) {
    long changed =
        done.filesApplied()
            + done.directoriesMade()
            + done.filesRenamed()
            + done.directoriesRenamed()
            + done.linked()
            + done.adjusted()
            + done.deleted()
            + done.failed();
    if (changed != changes) {
      times = 1;
    } else if (done.directoriesSeen() > seen) {
      times = Math.min(2 * times, TIMES_MAX);
    }
    changes = changed;
    seen = done.directoriesSeen();
    return new Room(limits, times, now);
  }

  /**
   * How many directories, each with all that is below it, are likely to make a piece: as many as
   * the last ones tell, and twice as many as these at most, for nobody knows what is below them. To
   * be asked after {@link #next}.
   *
   * @param done by all looks so far
   * @return 0 where something differs, or nothing is known yet: then such a piece could last long
   */
  int trees(Counters done) {
    long names = done.filesSeen() + done.directoriesSeen();
    if (times == 1) {
      trees = 0;
    } else if (trees == 0) {
      trees = 1;
    } else {
      long each = Math.max(1, (names - namesBefore) / trees);
      trees = (int) Math.clamp(TREE_NAMES / each, 1, 2L * trees);
    }
    namesBefore = names;
    return trees;
  }
}
