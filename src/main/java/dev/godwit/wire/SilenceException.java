package dev.godwit.wire;

import java.io.Serial;

/** The peer was not heard for longer than it may be silent; the connection is given up. */
public final class SilenceException extends WireException {
  @Serial private static final long serialVersionUID = 1;

  SilenceException(String message) {
    super(message);
  }

  /** Whether this is why a connection or a channel ended. */
  public static boolean isReasonOf(WireException end) {
    return end instanceof SilenceException || end.getCause() instanceof SilenceException;
  }
}
