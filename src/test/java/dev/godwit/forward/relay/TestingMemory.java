package dev.godwit.forward.relay;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;

/** Readers that have stopped, without the readers: their share of a loop's memory. */
public final class TestingMemory {
  private TestingMemory() {}

  /** Takes all that a loop may keep for them. */
  public static List<MemorySegment> take(Relay relay) throws InterruptedException {
    return relay
        .loop()
        .ask(() -> Stream.generate(() -> relay.takeChunk(256 << 10)).limit(768).toList());
  }

  /** Gives back what was taken; who comes when this has returned finds it so. */
  public static void giveBack(Relay relay, List<MemorySegment> taken) throws InterruptedException {
    boolean unused =
        relay
            .loop()
            .ask(
                () -> {
                  taken.forEach(relay::returnChunk);
                  return true;
                });
  }
}
