package dev.godwit.mirror.rules;

import java.time.Duration;

/**
 * The audits in turn of a mirror.
 *
 * @param every from the end of one to the next; zero: there are none
 * @param isOfContent whether they compare the content of all files
 * @param share of the time in which one may be at work, more than 0; 1: without pauses
 */
public record AuditChoice(Duration every, boolean isOfContent, double share) {
  /** Where a pause would be longer than a day after each second of work. */
  private static final double SHARE_MIN = 0.00001;

  /**
   * What is written {@code 10%}.
   *
   * @throws IllegalArgumentException for people, when it is no share
   */
  public static double share(String text) {
    if (text.endsWith("%")) {
      try {
        double share = Double.parseDouble(text.substring(0, text.length() - 1)) / 100;
        if (share >= SHARE_MIN && share <= 1) {
          return share;
        }
      } catch (NumberFormatException e) {
        // Told below.
      }
    }
    throw new IllegalArgumentException(
        "found " + text + ", expected a share of the time of 0.001% to 100%");
  }
}
