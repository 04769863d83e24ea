package dev.godwit.journal;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** The journal cannot be used, or another controller holds the move. For people. */
public final class JournalException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public JournalException(String message) {
    this(message, null);
  }

  public JournalException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
