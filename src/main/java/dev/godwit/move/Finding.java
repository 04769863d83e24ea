package dev.godwit.move;

/**
 * One thing that {@code check} found.
 *
 * @param code stable, for scripts: {@code port-taken}
 * @param what was found, on which host, in one sentence
 * @param remedy what to do about it; empty when nothing has to be done
 */
public record Finding(Severity severity, String code, String what, String remedy) {
  /** How bad it is; only errors keep a move from starting. */
  public enum Severity {
    GOOD,
    WARNING,
    ERROR
  }

  static Finding good(String code, String what) {
    return new Finding(Severity.GOOD, code, what, "");
  }

  static Finding warning(String code, String what, String remedy) {
    return new Finding(Severity.WARNING, code, what, remedy);
  }

  static Finding error(String code, String what, String remedy) {
    return new Finding(Severity.ERROR, code, what, remedy);
  }
}
