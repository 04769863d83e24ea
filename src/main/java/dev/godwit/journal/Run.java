package dev.godwit.journal;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One run of one command of a move.
 *
 * @param epoch under which its orders to the hosts went out
 * @param ended null while it runs, and for ever when its process was killed
 */
public record Run(
    long id,
    String command,
    long epoch,
    Instant started,
    @Nullable Instant ended,
    @Nullable Outcome outcome,
    @Nullable String message) {

  public boolean isOpen() {
    return outcome == null;
  }
}
