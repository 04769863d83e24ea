package dev.godwit.sync.filter;

import java.io.Serial;

/** A filter rule, or a file of rules, cannot be obeyed. The message names it and what is wrong. */
public final class FilterException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  /** The rules themselves are wrong: rsync's "syntax or usage error". */
  public static final int SYNTAX = 1;

  /** A file of rules cannot be read: rsync's "error in file I/O". */
  public static final int FILE = 11;

  private final int exitValue;

  FilterException(int exitValue, String message) {
    super(message);
    this.exitValue = exitValue;
  }

  /** The exit value that rsync(1) has for this, {@link #SYNTAX} or {@link #FILE}. */
  public int exitValue() {
    return exitValue;
  }
}
