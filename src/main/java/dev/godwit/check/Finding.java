package dev.godwit.check;

/**
 * One thing that {@code check} found.
 *
 * @param what was found, on which host, in one sentence
 * @param remedy what to do about it; empty when nothing has to be done
 */
public record Finding(Code code, String what, String remedy) {
  public Severity severity() {
    return code.severity();
  }
}
