package dev.godwit.plan;

import java.io.Serial;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A plan that cannot be used: every problem it has, in the order of the file. */
public final class PlanException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  private final transient List<PlanProblem> problems;

  /**
   * @param file as the user named it
   * @param problems at least one
   */
  public PlanException(Path file, List<PlanProblem> problems) {
    super(message(file, problems));
    this.problems = List.copyOf(problems);
  }

  public List<PlanProblem> problems() {
    return problems;
  }

  /** One line a problem, each in the form that editors and terminals can jump to. */
  private static String message(Path file, List<PlanProblem> problems) {
    return problems.stream()
        .map(problem -> file + (problem.line() == 0 ? ": " : ":") + problem.display())
        .collect(Collectors.joining("\n"));
  }
}
