package dev.godwit.address;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** An address could not be moved: what is in the way, and what to do. For people. */
public final class AddressException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public AddressException(String message) {
    this(message, null);
  }

  public AddressException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
