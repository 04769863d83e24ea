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
 * The threads that write content, one for each lane that the source uses. What waits for them is
 * bounded: then who receives waits, and so does the source.
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
  private boolean cleared;
  private boolean ending;

  /**
   * @param maker makes the writer of a lane that is used for the first time
   * @param isCompressed whether messages may be compressed
   * @param afterMessage run after each message by the lane's thread
   */
  Lanes(
      Crew crew,
      Maker maker,
      boolean isCompressed,
      Runnable afterMessage,
      Consumer<Throwable> onFault) {
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
        lane.writing = crew.start("copy-write", lane::run);
      }
    }
    lane.add(message);
  }

  /** Lets what was added be written, and ends the threads. */
  void finish() throws InterruptedException {
    List<@Nullable Lane> all;
    synchronized (this) {
      ending = true;
      notifyAll();
      all = List.copyOf(lanes.stream().filter(lane -> lane != null).toList());
    }
    for (Lane lane : all) {
      if (lane != null) {
        java.util.Objects.requireNonNull(lane.writing).join();
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
    private Crew.@Nullable Duty writing;

    Lane(ContentWriter writer) {
      this.writer = writer;
    }

    void add(CompactReader message) throws InterruptedException {
      synchronized (Lanes.this) {
        while (waiting.size() >= WAITING_MAX && !cleared) {
          Lanes.this.wait();
        }
        if (cleared) {
          return;
        }
        waiting.add(message);
        Lanes.this.notifyAll();
      }
    }

    private @Nullable CompactReader next() throws InterruptedException {
      synchronized (Lanes.this) {
        while (waiting.isEmpty() && !ending) {
          Lanes.this.wait();
        }
        if (cleared) {
          return null;
        }
        CompactReader message = waiting.poll();
        Lanes.this.notifyAll();
        return message;
      }
    }

    private void run() {
      try {
        for (CompactReader message = next(); message != null; message = next()) {
          writer.take(isCompressed ? inflated(message) : message);
          afterMessage.run();
        }
      } catch (WireException | InterruptedException | RuntimeException | Error e) {
        onFault.accept(e);
        clear();
      } finally {
        writer.abandon();
        if (stream != null) {
          stream.close();
        }
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
