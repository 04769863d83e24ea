package dev.godwit.plan;

import java.util.Comparator;

/**
 * One thing that is wrong with a plan: what was found and what was expected.
 *
 * @param line from 1; 0 when the problem is the file, not a place in it
 * @param column from 1, counted in characters; 0 as above
 */
public record PlanProblem(int line, int column, String message) implements Comparable<PlanProblem> {
  private static final Comparator<PlanProblem> ORDER =
      Comparator.comparingInt(PlanProblem::line)
          .thenComparingInt(PlanProblem::column)
          .thenComparing(PlanProblem::message);

  @Override
  public int compareTo(PlanProblem other) {
    return ORDER.compare(this, other);
  }

  /** {@code 7:5: message}, or the message alone. */
  public String display() {
    return line == 0 ? message : line + ":" + column + ": " + message;
  }
}
