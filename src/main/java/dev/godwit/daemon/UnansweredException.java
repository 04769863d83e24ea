package dev.godwit.daemon;

import java.io.IOException;

/** Nobody takes questions where somebody was to be asked. */
public final class UnansweredException extends IOException {
  @java.io.Serial private static final long serialVersionUID = 1;

  UnansweredException(String message, IOException cause) {
    super(message, cause);
  }
}
