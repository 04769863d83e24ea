package dev.godwit.mirror;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A mirror is not live, or is so no more, and what was asked can be asked again; for people. */
final class UnansweredException extends MirrorException {
  @Serial private static final long serialVersionUID = 1;

  UnansweredException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
