package dev.godwit.forward;

import java.io.IOException;
import java.io.Serial;

/** A gate or a landing refused a command, or could not do it: which, why and what to do. */
public final class GateException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /** What kind of refusal, for a caller that can do something about it. */
  public enum Kind {
    /** The host lacks what is needed. */
    UNSUPPORTED,
    /** A younger command was seen: the caller has been replaced. */
    FENCED,
    /** The hold had ended by itself before this came. */
    EXPIRED,
    /** No daemon runs for the move, or it was not told to capture anything. */
    ABSENT,
    /** Not possible in the mode that the gate is in. */
    WRONG_MODE,
    /** The gate tried and failed. */
    FAILED
  }

  private final Kind kind;

  public GateException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public GateException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
