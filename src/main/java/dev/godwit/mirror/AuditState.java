package dev.godwit.mirror;

import java.time.Duration;
import java.time.Instant;

/**
 * An audit that has not come to its end, as far as it is.
 *
 * @param isAsked whether somebody has asked for it; otherwise it was its turn
 * @param content whether the content of all files is compared
 * @param share see {@link Control.Audit}
 * @param began when its first part did
 * @param seen when the place was told last
 * @param parts how many it has by now: one more each time that it was gone on with
 */
record AuditState(
    boolean isAsked,
    boolean content,
    double share,
    Instant began,
    Instant seen,
    int parts,
    AuditPlace place,
    Drift drift) {

  /** One that is to begin. */
  static AuditState fresh(boolean isAsked, boolean content, double share) {
    Instant now = Instant.now();
    return new AuditState(isAsked, content, share, now, now, 0, AuditPlace.START, Drift.NONE);
  }

  /** The same with other pauses. */
  AuditState with(double newShare) {
    return new AuditState(isAsked, content, newShare, began, seen, parts, place, drift);
  }

  /** The same from the beginning: what was looked at is not what is there now. */
  AuditState anew() {
    return new AuditState(isAsked, content, share, began, seen, parts, AuditPlace.START, drift);
  }

  /** The same with another part. */
  AuditState goingOn() {
    return new AuditState(isAsked, content, share, began, seen, parts + 1, place, drift);
  }

  /**
   * The same further on.
   *
   * @param found what this part has put right
   */
  AuditState at(AuditPlace now, Drift found) {
    return new AuditState(
        isAsked, content, share, began, Instant.now(), parts, now, drift.and(found));
  }

  /** The order to go on with it. */
  Control.Audit order(long number, Duration unseen) {
    return new Control.Audit(number, content, share, place, unseen);
  }
}
