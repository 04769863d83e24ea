package dev.godwit.mirror;

import dev.godwit.sync.Counters;
import dev.godwit.sync.Extent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * How a mirror is doing, as the source side said last.
 *
 * @param state what it does
 * @param message why it is not live, or why it sees changes late; empty when all is well
 * @param dirty changed paths that are not yet known to be applied on the target
 * @param lagMillis the age of the oldest of them; as of {@code lastContact}, and when the source
 *     side is silent with the time since; the mirror's own age while nothing was heard of it
 * @param sight what is not known of that
 * @param rung how changes are noticed: {@code fanotify}, {@code inotify} or {@code scan}
 * @param directories how many the source has, its root too, by the last look at everything; 0 where
 *     commands are run for changes
 * @param extent what the source has, by the last look at everything; while the first one of a
 *     connection is under way, what it has come to
 * @param wasEqual whether the target was equal to the source once, so that most is only compared
 * @param counters what this connection's session has done so far; the last one's while there is
 *     none
 * @param total the same of all its connections together
 * @param problems what could not be applied and is tried again
 * @param waiting some of the paths that have changed and were not looked at yet
 * @param rescansBy how often everything had to be looked at again, by why; what is missing was
 *     never so
 * @param reconnects how often the connection was made anew
 * @param mounts what is mounted below the root, as far as the filters let it take part
 * @param lastContact when the source side was last heard of; {@link Instant#EPOCH} for never
 */
public record MirrorStatus(
    MirrorState state,
    String message,
    long dirty,
    long lagMillis,
    Sight sight,
    String rung,
    long directories,
    Extent extent,
    boolean wasEqual,
    Counters counters,
    Counters total,
    List<String> problems,
    List<String> waiting,
    List<MirrorMount> mounts,
    Map<Rescan, Long> rescansBy,
    long reconnects,
    Instant lastContact) {
  /** The source side says how it is once a second at least. */
  public static final Duration SILENT_AFTER = Duration.ofSeconds(3);

  /**
   * What keeps anybody from knowing how far behind the target is.
   *
   * @param silentMillis for how long the source side has not said how it is, though it is
   *     connected; 0 while it does
   * @param unverified whether changes are known to be lost, and everything is still to be looked at
   * @param unwatched how many directories have no watch, and are looked at again and again
   */
  public record Sight(long silentMillis, boolean unverified, long unwatched) {
    static final Sight CLEAR = new Sight(0, false, 0);
  }

  public MirrorStatus {
    problems = List.copyOf(problems);
    waiting = List.copyOf(waiting);
    mounts = List.copyOf(mounts);
    rescansBy = Map.copyOf(rescansBy);
  }

  /** How often everything had to be looked at again, for whatever reason. */
  public long rescans() {
    return rescansBy.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Files looked at on this connection: when {@code COPYING} ends the whole number of them, later
   * more with each look.
   */
  public long files() {
    return counters.filesSeen();
  }

  /** Bytes of new content that stand on the target. */
  public long bytes() {
    return counters.bytesApplied();
  }

  /** The sizes of {@link #files} together. */
  public long bytesTotal() {
    return counters.bytesSeen();
  }
}
