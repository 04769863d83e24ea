package dev.godwit.daemon;

import java.io.IOException;
import java.io.Serial;

/**
 * What a running process was asked for is not right, such as a name that it does not know; nothing
 * was done. The message is for people.
 */
public final class RequestException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public RequestException(String message) {
    super(message);
  }

  public RequestException(String message, Throwable cause) {
    super(message, cause);
  }
}
