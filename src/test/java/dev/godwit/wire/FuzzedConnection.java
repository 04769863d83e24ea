package dev.godwit.wire;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What reads the frames of a connection, for a fuzzer: takes any bytes, throws nothing. */
public final class FuzzedConnection {
  private static final String BUILD = "b";
  private static final int SECONDS_MAX = 60;

  private FuzzedConnection() {}

  /** With the first bit of the input, what comes after a right hello; else the hello too. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    int first = input.length == 0 ? 0 : input[0];
    byte[] hello = (first & 1) == 0 ? new byte[0] : hello();
    CompletableFuture<WireException> loss = new CompletableFuture<>();
    Connection connection =
        Connection.start(
            new SequenceInputStream(
                new ByteArrayInputStream(hello),
                new ByteArrayInputStream(input, Math.min(1, input.length), input.length)),
            OutputStream.nullOutputStream(),
            "fuzzer",
            FuzzedConnection::take,
            ConnectionSettings.of(BUILD));
    connection.onLost(loss::complete);
    WireException why = loss.get(SECONDS_MAX, TimeUnit.SECONDS); // it ends with its stream
    connection.close();
    // Not by its words: a fuzzer puts any into what the other end says.
    for (Throwable cause = why; cause != null; cause = cause.getCause()) {
      if (cause instanceof RuntimeException || cause instanceof Error) {
        throw new IllegalStateException("ended by " + why, why);
      }
    }
  }

  private static void take(String ability, byte[] argument, Channel channel) {
    try {
      while (channel.receive() != null) {}
    } catch (WireException e) {
      // The connection ended.
    }
  }

  /** The first frame of a peer of the same build. */
  public static byte[] hello() {
    byte[] payload = Hello.payload(BUILD);
    return new MessageWriter()
        .u32(Frame.COUNTED_HEADER_BYTES + payload.length)
        .u8(Frame.HELLO)
        .u32(0)
        .raw(payload, 0, payload.length)
        .toBytes();
  }
}
