package dev.godwit.host;

import java.io.IOException;
import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A host cannot be reached or used: which, why, and what to do, in one message for people. */
public final class HostException extends IOException {
  @Serial private static final long serialVersionUID = 1;
  private boolean isWithoutRuntime;

  public HostException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  public HostException(String message) {
    this(message, null);
  }

  /** The host can be reached, but has nothing that the agent could run with. */
  static HostException withoutRuntime(String message) {
    HostException e = new HostException(message);
    e.isWithoutRuntime = true;
    return e;
  }

  /** Whether the host was reached and only the agent cannot run there. */
  public boolean isWithoutRuntime() {
    return isWithoutRuntime;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNullElse(super.getMessage(), "");
  }
}
