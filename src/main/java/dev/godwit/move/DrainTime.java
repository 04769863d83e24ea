package dev.godwit.move;

import java.time.Duration;

/**
 * How long a drain waits for requests in progress: twice where mailboxes are asked for in between,
 * and both together no longer than the plan says. A session that never rests must not use up the
 * time to switch, either.
 *
 * @param limit of the next wait
 */
record DrainTime(Duration limit) {
  /**
   * Of the first wait, which may take half of the hold.
   *
   * @param plan what the plan allows
   * @param left of the hold
   */
  static DrainTime of(Duration plan, Duration left) {
    return new DrainTime(shorter(plan, left.dividedBy(2)));
  }

  /**
   * Of a wait after that, for what has begun since.
   *
   * @param waited what the first one took
   * @param left of the hold by now
   */
  DrainTime after(Duration waited, Duration left) {
    Duration rest = limit.minus(waited);
    return new DrainTime(shorter(rest.isNegative() ? Duration.ZERO : rest, left.dividedBy(8)));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
