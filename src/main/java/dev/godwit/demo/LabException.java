package dev.godwit.demo;

import java.io.IOException;
import java.io.Serial;

/** The lab cannot be built or used here; the message says what is in the way and what to do. */
public final class LabException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public LabException(String message) {
    super(message);
  }

  public LabException(String message, Throwable cause) {
    super(message, cause);
  }
}
