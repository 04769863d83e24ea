package dev.godwit.service;

import dev.godwit.host.Processes.Outcome;
import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A service did not do what was asked: which, what it was asked, what it said. For people. */
public final class ServiceException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public ServiceException(String message) {
    this(message, null);
  }

  public ServiceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * A command that failed.
   *
   * @param what could not be done, and of which service
   * @param limit that it had
   */
  static ServiceException of(String what, List<String> command, Outcome outcome, Duration limit) {
    String said = outcome.lastLine();
    return new ServiceException(
        "%s: `%s` %s%s"
            .formatted(
                what,
                String.join(" ", command),
                outcome.timedOut()
                    ? "did not end within " + limit.toMillis() + " ms"
                    : "ended with " + outcome.exit(),
                said.isEmpty() ? "" : " and said: " + said));
  }
}
