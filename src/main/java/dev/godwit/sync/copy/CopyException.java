package dev.godwit.sync.copy;

import dev.godwit.sync.filter.FilterException;
import java.io.Serial;

/** The copy as a whole cannot be made, or not be gone on with; says why to the user. */
public final class CopyException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  private final CopyStatus status;

  public CopyException(CopyStatus status, String message) {
    super(message);
    this.status = status;
  }

  /**
   * For what nobody foresaw, in one line: a user can do nothing with the places in the program that
   * it came by, but the first of them says which fault it is.
   */
  public static CopyException ofFault(Throwable fault) {
    CopyException ending =
        fault instanceof OutOfMemoryError
            ? new CopyException(
                CopyStatus.MEMORY,
                "out of memory: " + fault.getMessage() + "; GODWIT_JAVA_OPTS=-Xmx... allows more")
            : new CopyException(CopyStatus.IPC, words(fault));
    ending.initCause(fault);
    return ending;
  }

  /** For rules that cannot be used. */
  static CopyException of(FilterException problem) {
    return new CopyException(
        problem.exitValue() == FilterException.FILE ? CopyStatus.FILE_IO : CopyStatus.USAGE,
        String.valueOf(problem.getMessage()));
  }

  static String words(Throwable fault) {
    StackTraceElement[] stack = fault.getStackTrace();
    return "a fault in Godwit itself: "
        + fault.getClass().getSimpleName()
        + (stack.length == 0 ? "" : " at " + stack[0]);
  }

  public CopyStatus status() {
    return status;
  }
}
