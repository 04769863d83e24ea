package dev.godwit.sync.content;

import dev.godwit.sync.content.HoleWriter.Holes;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

/** As {@code FuzzedDecoders}, of what a delta and a compressed lane are told. */
public final class FuzzedContent {
  private static final int BASIS = 20_000;
  private static final int WANTED = 21_000;

  /** No longer file is taken: it is in memory. */
  private static final int SIZE_MAX = 64 << 20;

  private FuzzedContent() {}

  /** The target's end of a delta. */
  public static final class Target {
    public static void fuzzerTestOneInput(byte[] input) {
      boolean inPlace = input.length > 0 && (input[0] & 1) != 0;
      byte[] old = new byte[BASIS];
      Arrays.fill(old, 5000, 9000, (byte) 7);
      MemoryFile basis = new MemoryFile(old);
      MemoryFile file = inPlace ? basis : new MemoryFile();
      try {
        DeltaResult result =
            inPlace
                ? DeltaResult.inPlace(file, Holes.NONE)
                : DeltaResult.fresh(basis, false, file, Holes.NONE);
        DeltaTarget target =
            new DeltaTarget(
                DeltaShape.of(BASIS, WANTED, 1024),
                ContentKey.random(),
                Verification.KEYED,
                basis,
                false,
                result,
                SIZE_MAX,
                Runnable::run);
        MessageWriter out = new MessageWriter();
        for (byte[] message : FuzzedContent.messages(input)) {
          target.receive(new MessageReader(message));
          for (int i = 0; i < 100 && target.step(out.reset()) == DeltaStep.AGAIN; i++) {}
        }
        if (target.outcome() == DeltaTarget.Outcome.VERIFIED) {
          throw new IllegalStateException("noise was verified");
        }
        if (file.content().length > SIZE_MAX) {
          throw new IllegalStateException("a file of " + file.content().length + " bytes");
        }
      } catch (WireException e) {
        // as it should be
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The source's end. */
  public static final class Source {
    public static void fuzzerTestOneInput(byte[] input) {
      DeltaSource source =
          new DeltaSource(
              DeltaShape.of(BASIS, WANTED, 1024),
              ContentKey.random(),
              Verification.KEYED,
              new MemoryFile(new byte[WANTED]),
              WANTED,
              false,
              input.length > 0 && (input[0] & 1) != 0);
      MessageWriter out = new MessageWriter();
      try {
        for (byte[] message : FuzzedContent.messages(input)) {
          source.receive(new MessageReader(message));
          for (int i = 0; i < 100 && source.step(out.reset()) == DeltaStep.AGAIN; i++) {}
        }
      } catch (WireException e) {
        // as it should be
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A lane that is compressed. */
  public static final class Lane {
    public static void fuzzerTestOneInput(byte[] input) throws InterruptedException {
      LaneDecompressor.fuzzFrames(input);
    }
  }

  /** As of FuzzedDecoders: two bytes of length, then as many bytes or what is left. */
  private static java.util.List<byte[]> messages(byte[] input) {
    java.util.List<byte[]> messages = new java.util.ArrayList<>();
    int at = 1;
    while (at + 2 <= input.length && messages.size() < 64) {
      int length = (input[at] & 0xff) << 8 | input[at + 1] & 0xff;
      int end = Math.min(input.length, at + 2 + length);
      messages.add(Arrays.copyOfRange(input, at + 2, end));
      at = end;
    }
    return messages;
  }
}
