package dev.godwit.sync.copy;

import dev.godwit.sync.content.LaneDecompressor;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who writes content: for each lane that the source uses a thread of its own, or one that would
 * wait otherwise, for as long as something is there. What waits for them is bounded: then who
 * receives waits, and so does the source.
 */
final class Lanes {
  private static final int WAITING_MAX = 4;

  /** Makes the writer of a lane. */
  interface Maker {
    ContentWriter make() throws WireException;
  }

  private final List<@Nullable Lane> lanes = new ArrayList<>();
  private final Crew crew;
  private final Maker maker;
  private final boolean isCompressed;
  private final Runnable afterMessage;
  private final Consumer<Throwable> onFault;
  private final OrderedPool.Helper helper;
  private boolean cleared;
  private boolean ending;

  /**
   * @param maker makes the writer of a lane that is used for the first time
   * @param isCompressed whether messages may be compressed
   * @param afterMessage run after each message by who writes
   * @param helper as in {@link OrderedPool}
   */
  Lanes(
      Crew crew,
      Maker maker,
      boolean isCompressed,
      Runnable afterMessage,
      Consumer<Throwable> onFault,
      OrderedPool.Helper helper) {
    this.helper = helper;
    this.crew = crew;
    this.maker = maker;
    this.isCompressed = isCompressed;
    this.afterMessage = afterMessage;
    this.onFault = onFault;
    for (int i = 0; i < Messages.LANES_MAX; i++) {
      lanes.add(null);
    }
  }

  /** Gives a message to its lane; waits for room. */
  void add(int number, CompactReader message) throws WireException, InterruptedException {
    Lane lane = lanes.get(number);
    if (lane == null) {
      lane = new Lane(maker.make());
      synchronized (this) {
        lanes.set(number, lane);
      }
    }
    lane.add(message);
  }

  /** Lets what was added be written, and ends the threads. Nothing is added any more. */
  void finish() throws InterruptedException {
    List<@Nullable Lane> all;
    synchronized (this) {
      ending = true;
      notifyAll();
      all = new ArrayList<>(lanes);
    }
    for (Lane lane : all) {
      if (lane != null) {
        lane.end();
      }
    }
  }

  /** What waits is not written. */
  synchronized void clear() {
    cleared = true;
    ending = true;
    notifyAll();
  }

  private final class Lane {
    private final ContentWriter writer;
    private @Nullable LaneDecompressor stream;
    private byte[] inflated = {};
    private final Deque<CompactReader> waiting = new ArrayDeque<>();
    private Crew.@Nullable Duty thread;

    /** Somebody takes what waits. */
    private boolean isServed;

    Lane(ContentWriter writer) {
      this.writer = writer;
    }

    void add(CompactReader message) throws InterruptedException {
      synchronized (Lanes.this) {
        while (waiting.size() >= WAITING_MAX && !cleared) {
          Lanes.this.wait();
        }
        if (cleared || ending) {
          return;
        }
        waiting.add(message);
        if (isServed) {
          Lanes.this.notifyAll();
          return;
        }
        isServed = true;
        if (!helper.takes(() -> write(false))) {
          thread = crew.start("copy-write", () -> write(true));
        }
      }
    }

    /**
     * What is to be written next; null when nothing is.
     *
     * @param waits until nothing more comes
     */
    private @Nullable CompactReader next(boolean waits) throws InterruptedException {
      synchronized (Lanes.this) {
        while (waits && waiting.isEmpty() && !ending) {
          Lanes.this.wait();
        }
        if (cleared || waiting.isEmpty()) {
          isServed = false;
          return null;
        }
        CompactReader message = waiting.poll();
        Lanes.this.notifyAll();
        return message;
      }
    }

    private void write(boolean waits) {
      try {
        for (CompactReader message = next(waits); message != null; message = next(waits)) {
          writer.take(isCompressed ? inflated(message) : message);
          afterMessage.run();
        }
      } catch (WireException | InterruptedException | RuntimeException | Error e) {
        onFault.accept(e);
        clear();
      }
    }

    /** Waits for the thread, if there is one, and gives up what is half written. */
    private void end() throws InterruptedException {
      Crew.Duty last;
      synchronized (Lanes.this) {
        last = thread;
      }
      if (last != null) {
        last.join();
      }
      writer.abandon();
      if (stream != null) {
        stream.close();
        stream = null;
      }
    }

    private CompactReader inflated(CompactReader message) throws WireException {
      if (message.u8(ContentRecords.COMPRESSED) == ContentRecords.PLAIN) {
        return message;
      }
      int length = message.u32(Channel.MESSAGE_BYTES_MAX);
      if (stream == null) {
        stream = new LaneDecompressor();
        inflated = new byte[Channel.MESSAGE_BYTES_MAX + 1];
      }
      int count = message.remaining();
      stream.decompress(message.array(), message.skip(count), count, length, inflated, 0);
      return new CompactReader(inflated, 0, length);
    }
  }
}
