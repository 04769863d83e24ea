package dev.godwit.mirror;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** What was asked of a mirror cannot be said to be done; for people. */
public class MirrorException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public MirrorException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  public MirrorException(String message) {
    this(message, null);
  }
}
