package dev.godwit.database;

import java.time.Duration;

/**
 * What lies in a directory.
 *
 * @param files regular files, all
 * @param bytes of all of them
 * @param changedFiles those that have changed lately
 * @param changedBytes their whole sizes, which is what is sent when a file has changed
 */
public record Amount(long files, long bytes, long changedFiles, long changedBytes) {
  /** What a server has written to in this time, it will have written to again before its stop. */
  public static final Duration LATELY = Duration.ofMinutes(10);

  public static final Amount NONE = new Amount(0, 0, 0, 0);
}
