package dev.godwit.host;

import java.io.IOException;
import java.io.Serial;

/** An order of an epoch that is over: another controller has taken the move over (H59). */
public final class FencedException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  public FencedException(long epoch, long highest) {
    super(
        "refused: the order is of epoch %d, and epoch %d has begun: another controller has taken over"
            .formatted(epoch, highest));
  }
}
