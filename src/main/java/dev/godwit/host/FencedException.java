package dev.godwit.host;

import java.io.IOException;
import java.io.Serial;

/** An order of an epoch that is over: another controller has taken the move over (H59). */
public final class FencedException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private static final String TAKEN_OVER = "another controller has taken over";

  public FencedException(long epoch, long highest) {
    super(
        "refused: the order is of epoch %d, and epoch %d has begun: %s"
            .formatted(epoch, highest, TAKEN_OVER));
  }

  /** Whether such a refusal is what a message says that came from a host. */
  public static boolean isToldBy(String message) {
    return message.contains(TAKEN_OVER);
  }
}
