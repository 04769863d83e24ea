package dev.godwit.sync.attributes;

import java.io.IOException;
import java.io.Serial;

/**
 * It cannot be said who shall own something on the target: a name is asked for that is not known
 * there, or the look-up failed. The file it was asked for is not copied; it is never given to root
 * or to whoever runs the copy instead (H11).
 */
public final class OwnerException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  OwnerException(String message) {
    super(message);
  }

  OwnerException(String message, Throwable cause) {
    super(message, cause);
  }
}
