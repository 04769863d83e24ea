package dev.godwit.watch;

/**
 * How well a watch sees.
 *
 * @param rung {@code fanotify}, {@code inotify}, or {@code scan}: besides inotify, or without it,
 *     everything is looked at every {@link Watch#RESCAN}, because changes are made that nobody
 *     reports (H25)
 * @param reason why not a better rung; empty on the best
 * @param unwatched how many subtrees have no watch and are looked at again every {@link
 *     Watch#RESCAN} (H17)
 * @param unverified changes were lost and {@link Change.Everything} is still to come (H16)
 * @param overflows how often {@link Change.Everything} came because changes were lost
 * @param toldUntil up to when all changes are known to be told or to be in the queue, in
 *     System.nanoTime(); {@link #ALL}: until now
 */
public record WatchState(
    String rung, String reason, int unwatched, boolean unverified, long overflows, long toldUntil) {
  /** Nothing happens that is not told. */
  public static final long ALL = Long.MAX_VALUE;

  /** Before the first watch. */
  public static final WatchState NONE = new WatchState("", "", 0, false, 0, ALL);

  /** The rung on which everything is looked at again and again. */
  public static final String SCAN = "scan";

  /** Whether changes are seen late in part of the tree, or were lost a moment ago. */
  public boolean degraded() {
    return unwatched > 0 || unverified;
  }

  /** For how long there may have been changes that nobody has told, in nanoseconds. */
  public long untoldNanos(long now) {
    return toldUntil == ALL ? 0 : Math.max(0, now - toldUntil);
  }
}
