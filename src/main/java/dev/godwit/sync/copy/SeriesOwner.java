package dev.godwit.sync.copy;

import dev.godwit.host.EpochFence;
import dev.godwit.host.FencedException;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;

/**
 * The move that a series of copies belongs to. Of one move only those of the latest epoch write to
 * a host: a controller that has slept would go on to carry there what others have changed since
 * (H59).
 *
 * @param move its name; empty for a series of none, which nobody takes over
 * @param epoch when its mirrors were begun, which all of them have in common
 */
public record SeriesOwner(String move, long epoch) {
  /** Of a mirror that belongs to no move. */
  public static final SeriesOwner NONE = new SeriesOwner("", 0);

  private static final int MOVE_MAX = 64;

  /** Between two looks whether a later one has come; its own first attempts wait for the lock. */
  private static final long LOOK_MILLIS = 500;

  void write(MessageWriter out) {
    out.text(move).u64(epoch);
  }

  static SeriesOwner read(MessageReader in) throws WireException {
    return new SeriesOwner(in.text(MOVE_MAX), in.u64());
  }

  private boolean isSomebody() {
    return !move.isEmpty();
  }

  /**
   * From now on series of earlier epochs are refused on this host, and end.
   *
   * @throws FencedException when a later one has been here
   */
  void enter() throws IOException {
    if (!isSomebody()) {
      return;
    }
    EpochFence fence = EpochFence.ofMirrors(move);
    try {
      fence.check(epoch);
    } catch (FencedException e) {
      throw e;
    } catch (IOException e) {
      if (epoch < fence.highest()) {
        throw new FencedException(epoch, fence.highest());
      }
      // Such as a disk that is full: that is no reason for a mirror to stand still.
      System.getLogger(SeriesOwner.class.getName())
          .log(System.Logger.Level.WARNING, "the epoch of a mirror cannot be kept", e);
    }
  }

  /** Ends a series when a later epoch comes; until it is closed. */
  Watch watch(Channel channel) {
    Watch watch = new Watch(channel);
    if (isSomebody()) {
      Thread.ofPlatform().daemon().name("series owner").start(watch::run);
    }
    return watch;
  }

  /** What {@link #watch} has begun. */
  final class Watch implements AutoCloseable {
    private final Channel channel;
    private boolean closed;

    private Watch(Channel channel) {
      this.channel = channel;
    }

    private synchronized void run() {
      try {
        while (!closed) {
          wait(LOOK_MILLIS);
          long highest = highest();
          if (!closed && highest > epoch) {
            channel.fail(String.valueOf(new FencedException(epoch, highest).getMessage()));
            return;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** What cannot be read has not come. */
    private long highest() {
      try {
        return EpochFence.ofMirrors(move).highest();
      } catch (IOException e) {
        return epoch;
      }
    }

    @Override
    public synchronized void close() {
      closed = true;
      notifyAll();
    }
  }
}
