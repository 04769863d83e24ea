package dev.godwit.wire;

import java.io.IOException;
import java.io.Serial;
import java.nio.charset.StandardCharsets;

/** The peer ended the connection in order, perhaps with a reason. */
final class Bye extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /** For the end of a sentence about the loss. */
  final String words;

  private Bye(String words) {
    super(words);
    this.words = words;
  }

  static Bye read(FrameInput frames) throws IOException {
    String reason =
        Printable.line(
            new String(frames.payload(), StandardCharsets.UTF_8), Frame.REASON_BYTES_MAX);
    return new Bye(reason.isEmpty() ? "the other end closed it" : "the other end says: " + reason);
  }
}
