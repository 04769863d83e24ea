package dev.godwit.cli;

import java.io.Serial;

/**
 * A command cannot do what was asked, for a reason that is not a fault in Godwit. The message says
 * what was wanted, what is in the way and what to do; it is all that the user sees.
 */
final class UserFailure extends Exception {
  @Serial private static final long serialVersionUID = 1;

  private final ExitCode code;

  UserFailure(ExitCode code, String message) {
    super(message);
    this.code = code;
  }

  ExitCode code() {
    return code;
  }
}
