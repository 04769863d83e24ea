package dev.godwit.daemon;

import java.io.Serial;
import java.util.List;

/** What was written cannot be obeyed; every problem at once, for people. */
public final class RulesException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  private final List<String> problems;

  public RulesException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line each. */
  public List<String> problems() {
    return problems;
  }
}
