package dev.godwit.service;

import java.io.IOException;
import java.io.Serial;
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
}
