package dev.godwit.forward.relay;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.linux.Errno;
import dev.godwit.wire.Channel;
import dev.godwit.wire.PolledChannel;
import dev.godwit.wire.WireException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A channel to another host, as a stream of bytes: a reset is a failure of it (H53), and its credit
 * is the flow control. At most one message is taken before the other side has taken the last one
 * (H51). Loop thread only, but for the constructor.
 */
public final class ChannelSide extends Side {
  private static final byte[] NOTHING = {};

  private final EventLoop loop;
  private final PolledChannel channel;
  private final Runnable changed;
  private final Runnable closed;

  /** The loop is going to look. */
  private final AtomicBoolean announced = new AtomicBoolean();

  /** What was said in this batch of events goes out behind it. */
  private boolean flushesSoon;

  private byte[] message = NOTHING;

  /** Where in the message goes on what was not received yet. */
  private int position;

  /**
   * @param changed called by the loop when something may have come, until it is joined; what has
   *     come before this returns need not be told
   * @param closed called once it is closed
   */
  public ChannelSide(EventLoop loop, Channel channel, Runnable changed, Runnable closed) {
    super(false);
    this.loop = loop;
    this.changed = changed;
    this.closed = closed;
    this.channel = channel.polled(this::announced);
    readable = true;
    mayHoldMore = true;
  }

  /** Any thread. */
  private void announced() {
    if (!announced.getAndSet(true)) {
      loop.execute(this::ready);
    }
  }

  private void ready() {
    announced.set(false); // first: what comes from now on is announced again
    readable = true;
    writable = true;
    mayHoldMore = true;
    changed.run();
    noted(channel.hasFailed());
  }

  @Override
  public long receive(MemorySegment buffer) {
    long size = buffer.byteSize();
    long received = 0;
    try {
      while (received < size && hasMore()) {
        int part = (int) Math.min(size - received, message.length - position);
        MemorySegment.copy(message, position, buffer, ValueLayout.JAVA_BYTE, received, part);
        position += part;
        received += part;
      }
    } catch (WireException e) {
      return received > 0 ? received : -Errno.ECONNRESET; // thrown again the next time
    }
    if (received > 0) {
      return received;
    }
    return channel.isFinished() ? 0 : -Errno.EAGAIN;
  }

  private boolean hasMore() throws WireException {
    while (position == message.length) {
      byte[] next = channel.tryReceive();
      flushSoon(); // it may have given credit back
      position = 0;
      message = next == null ? NOTHING : next;
      if (next == null) {
        return false;
      }
    }
    return true;
  }

  /** Behind all events at hand: what many channels of a connection have sent goes out as one. */
  private void flushSoon() {
    if (!flushesSoon) {
      flushesSoon = true;
      loop.afterBatch(
          () -> {
            flushesSoon = false;
            channel.flush();
          });
    }
  }

  @Override
  long send(MemorySegment bytes) {
    ByteBuffer rest = bytes.asByteBuffer();
    try {
      channel.trySend(rest);
      flushSoon();
    } catch (WireException e) {
      return -Errno.ECONNRESET;
    }
    return rest.position() > 0 ? rest.position() : -Errno.EAGAIN;
  }

  @Override
  void finish() {
    try {
      channel.finish();
      flushSoon();
    } catch (WireException e) {
      // It has failed, which is announced.
    }
  }

  @Override
  public void close(boolean withReset) {
    if (withReset) {
      channel.fail("the connection was reset");
    } else {
      finish();
      channel.close();
    }
    flushSoon();
    message = NOTHING;
    position = 0;
    closed.run();
  }

  @Override
  int pendingError() {
    return Errno.ECONNRESET;
  }

  @Override
  void settle() {
    // The host at the other end sees to its own socket.
  }

  @Override
  int descriptor() {
    return -1;
  }
}
