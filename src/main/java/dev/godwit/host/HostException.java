package dev.godwit.host;

import java.io.IOException;
import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A host cannot be reached or used: which, why, and what to do, in one message for people. */
public final class HostException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public HostException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  public HostException(String message) {
    this(message, null);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNullElse(super.getMessage(), "");
  }
}
