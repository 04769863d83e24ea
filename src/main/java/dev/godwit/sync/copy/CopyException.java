package dev.godwit.sync.copy;

import java.io.Serial;

/** The copy as a whole cannot be made, or not be gone on with; says why to the user. */
public final class CopyException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  private final CopyStatus status;

  public CopyException(CopyStatus status, String message) {
    super(message);
    this.status = status;
  }

  public CopyStatus status() {
    return status;
  }
}
