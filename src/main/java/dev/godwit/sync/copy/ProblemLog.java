package dev.godwit.sync.copy;

import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Problem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Counts problems and keeps the first since the last barrier and the last of all. For any thread.
 */
final class ProblemLog {
  private static final int KEPT_MAX = 1000;

  private final Deque<Problem> kept = new ArrayDeque<>();
  private List<Problem> sinceBarrier = new ArrayList<>();
  private long countSinceBarrier;
  private long count;

  synchronized void add(Problem problem) {
    count++;
    countSinceBarrier++;
    if (sinceBarrier.size() < BarrierResult.SHOWN_MAX) {
      sinceBarrier.add(problem);
    }
    if (kept.size() == KEPT_MAX) {
      kept.removeFirst();
    }
    kept.addLast(problem);
  }

  synchronized BarrierResult takeSinceBarrier() {
    BarrierResult result = new BarrierResult(countSinceBarrier, List.copyOf(sinceBarrier));
    sinceBarrier = new ArrayList<>();
    countSinceBarrier = 0;
    return result;
  }

  synchronized List<Problem> kept() {
    return List.copyOf(kept);
  }

  synchronized long count() {
    return count;
  }
}
