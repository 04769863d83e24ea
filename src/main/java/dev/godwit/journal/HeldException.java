package dev.godwit.journal;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** Another controller holds the move. */
public final class HeldException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private final String holder;

  /**
   * @param holder what it has written of itself; empty for nothing
   * @param advice what to do about it
   */
  HeldException(Path journal, String holder, String advice) {
    super(
        "another controller holds this move: %s (journal %s); %s"
            .formatted(holder.isEmpty() ? "an unknown process" : holder, journal, advice));
    this.holder = holder;
  }

  /** What it has written of itself; empty for nothing. */
  String holder() {
    return holder;
  }
}
