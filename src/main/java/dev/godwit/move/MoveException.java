package dev.godwit.move;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A command of a move cannot do what was asked: what, why, what to do. For people. */
public final class MoveException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /** What the exit code tells. */
  public enum Kind {
    /** A check found something, or a step failed and nothing was switched. */
    FAILED,
    /** The move went back: old serves. */
    TAKEN_BACK,
    /** The command does not fit the phase of the move. */
    REFUSED
  }

  private final Kind kind;

  public MoveException(Kind kind, String message) {
    this(kind, message, null);
  }

  public MoveException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
