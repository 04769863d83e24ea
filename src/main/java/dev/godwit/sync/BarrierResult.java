package dev.godwit.sync;

import java.util.List;

/**
 * What became of everything that was asked before a barrier.
 *
 * @param failures problems since the barrier before
 * @param first the first of them
 */
public record BarrierResult(long failures, List<Problem> first) {
  /** How many problems are kept for showing. */
  public static final int SHOWN_MAX = 100;

  public boolean isComplete() {
    return failures == 0;
  }
}
