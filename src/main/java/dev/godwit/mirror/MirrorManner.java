package dev.godwit.mirror;

import dev.godwit.sync.Treatment;
import java.time.Duration;

/**
 * How a mirror does what it does.
 *
 * @param delete whether names that the source does not have are removed from the target
 * @param treatment of what comes and what stands on the target
 * @param delay how long changes of one name are collected after its first one was applied; zero for
 *     a time that grows from 50 ms to 1 s
 * @param bytesPerSecond of messages to the target, at most; 0 for no limit
 */
public record MirrorManner(
    boolean delete, Treatment treatment, Duration delay, long bytesPerSecond) {
  /** The target becomes what the source is, as fast as it goes. */
  public static final MirrorManner EXACT =
      new MirrorManner(true, Treatment.EXACT, Duration.ZERO, 0);
}
