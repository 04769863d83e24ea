package dev.godwit.sync.copy;

import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What goes wrong in a series of copies, and what halts it (H27). For any thread. */
final class SeriesTrouble {
  private final ProblemLog problems = new ProblemLog();
  private volatile @Nullable Problem halted;
  private volatile boolean isTriedAgain;

  void problem(Problem problem) {
    problems.add(problem);
  }

  /** The first reason stays. */
  void halt(Problem problem) {
    halt(problem, false);
  }

  /**
   * The same.
   *
   * @param again as in {@link #isTriedAgain}
   */
  void halt(Problem problem, boolean again) {
    synchronized (this) {
      if (halted != null) {
        return;
      }
      isTriedAgain = again;
      halted = problem;
    }
    problems.add(problem);
  }

  void rootReplaced() {
    halt(
        new Problem(
            Problem.Side.SOURCE,
            Paths.NONE,
            "the tree is not the one that was opened: it was removed, replaced or covered by a"
                + " mount; nothing is removed from the target. Put it back and start again",
            0));
  }

  void rootEmptied() {
    halt(
        new Problem(
            Problem.Side.SOURCE,
            Paths.NONE,
            "the tree has become empty; nothing is removed from the target. If that is right, empty"
                + " the target by hand, then resume the mirror with a new root.",
            0));
  }

  void mountReplaced(byte[] path) {
    halt(
        new Problem(
            Problem.Side.SOURCE,
            path,
            "what was mounted there is gone, or something else is there; nothing is removed from"
                + " the target",
            0));
  }

  /** Why the series does nothing more although it is connected; null while it works. */
  @Nullable Problem halted() {
    return halted;
  }

  /** Whether what {@link #halted} says may end by itself, so that a new session is worth it. */
  boolean isTriedAgain() {
    return isTriedAgain;
  }

  /** Of them, since that was asked last. */
  BarrierResult takeSinceBarrier() {
    return problems.takeSinceBarrier();
  }

  /** The last ones, at most a thousand. */
  List<Problem> kept() {
    return problems.kept();
  }

  long count() {
    return problems.count();
  }
}
