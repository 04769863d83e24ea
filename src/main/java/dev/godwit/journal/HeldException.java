package dev.godwit.journal;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** Another controller holds the move. */
public final class HeldException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  HeldException(Path journal, String holder) {
    super(
        "another controller holds this move: %s (journal %s); wait for it to end"
            .formatted(holder.isEmpty() ? "an unknown process" : holder, journal));
  }
}
