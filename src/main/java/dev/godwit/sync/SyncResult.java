package dev.godwit.sync;

import java.time.Duration;
import java.util.List;

/**
 * What one pass did.
 *
 * @param failures how many problems there were
 * @param problems the first of them
 */
public record SyncResult(
    Counters counters, long failures, List<Problem> problems, Duration duration) {
  /** Whether the target has everything. */
  public boolean isComplete() {
    return failures == 0;
  }
}
