package dev.godwit.watch;

import java.util.List;

/**
 * What one take brought.
 *
 * @param changes each name once, in the order of its first event
 * @param flushed the newest ticket of {@link Watch#flush} for which everything that happened before
 *     the call is in this batch or in an earlier one; 0 before the first
 */
public record Batch(List<Change> changes, long flushed) {
  public Batch {
    changes = List.copyOf(changes);
  }
}
