package dev.godwit.journal;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** Another controller holds the move. */
public final class HeldException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private final String holder;

  HeldException(Path journal, String holder) {
    super(
        "another controller holds this move: %s (journal %s); wait for it to end"
            .formatted(holder.isEmpty() ? "an unknown process" : holder, journal));
    this.holder = holder;
  }

  /** What it has written of itself; empty for nothing. */
  String holder() {
    return holder;
  }
}
