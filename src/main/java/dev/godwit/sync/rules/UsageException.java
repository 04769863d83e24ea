package dev.godwit.sync.rules;

import dev.godwit.sync.copy.CopyStatus;
import java.util.List;

/** A command line that cannot be obeyed; nothing was done. */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1;

  private final CopyStatus status;
  private final transient List<String> problems;

  UsageException(CopyStatus status, List<String> problems) {
    super(String.join("\n", problems));
    this.status = status;
    this.problems = List.copyOf(problems);
  }

  /** What the program ends with. */
  public CopyStatus status() {
    return status;
  }

  /** Each of them one line. */
  public List<String> problems() {
    return problems;
  }
}
