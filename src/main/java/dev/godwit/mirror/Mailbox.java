package dev.godwit.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keeps what comes before there is somebody to take it. Safe for threads. */
final class Mailbox {
  private final List<byte[]> early = new ArrayList<>();
  private @Nullable Consumer<byte[]> reader;

  synchronized void put(byte[] message) {
    if (reader == null) {
      early.add(message);
    } else {
      reader.accept(message);
    }
  }

  synchronized void open(Consumer<byte[]> taker) {
    reader = taker;
    early.forEach(taker);
    early.clear();
  }
}
