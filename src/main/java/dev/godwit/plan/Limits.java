package dev.godwit.plan;

import java.time.Duration;

/**
 * What a move may cost.
 *
 * @param hold how long clients may wait during the cut-over; past it they are given back to old
 * @param drain how long requests in progress may take to end before the services are stopped
 * @param gate how many connections a gate lets in at once, for each service that says nothing of
 *     its own
 * @param releasePerSecond connections that a gate lets go in a second when it releases those who
 *     wait; 0 for as fast as they are taken
 * @param growthPercent by how much of their size the trees may grow on new, which needs room there;
 *     {@link #MEASURED} for as much as {@code check} finds
 * @param bytesPerSecond how much the mirrors may send in a second while no switch is under way; 0
 *     for any number
 */
public record Limits(
    Duration hold,
    Duration drain,
    GateLimits gate,
    int releasePerSecond,
    int growthPercent,
    long bytesPerSecond) {
  /** Nobody has said how much the trees grow. */
  public static final int MEASURED = -1;

  /** A client that waits this long still sees one slow answer and no error. */
  public static final Duration DEFAULT_HOLD = Duration.ofSeconds(5);

  /** Longer than nearly every request; sessions that stay open for hours are not waited for. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  public static final Limits DEFAULT =
      new Limits(DEFAULT_HOLD, DEFAULT_DRAIN, GateLimits.NONE, 0, MEASURED, 0);
}
