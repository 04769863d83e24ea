package dev.godwit.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The frames on their way out: senders copy into one buffer while the writer thread writes the
 * other, so that small frames travel together and no message is handed from thread to thread.
 *
 * <p>Invariants, all under {@link #lock}:
 *
 * <ul>
 *   <li>The buffer is bounded; only {@link #send} and {@link #open} wait for room in it.
 *   <li>Everything else (credit, finish, fail, ping) is a mark on its channel that the writer turns
 *       into a frame when it comes by, behind the data that was sent before. So the reader never
 *       waits for the writer, and two sides that both write cannot block each other.
 *   <li>A channel with a mark is in the connection's table; the table is bounded.
 * </ul>
 */
final class Outgoing {
  private static final int BUFFER_BYTES = 1024 * 1024;
  private static final byte[] NOTHING = {};

  final ReentrantLock lock = new ReentrantLock();

  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final Set<MuxChannel> marked = new LinkedHashSet<>();
  private byte[] filling = new byte[64 * 1024];
  private byte[] writing = new byte[64 * 1024];
  private int filled;
  private boolean pingDue;

  /** What the last frame says, once the connection ends. */
  private @Nullable String bye;

  /** Puts the first frame in. */
  void hello(String build) {
    byte[] hello = Hello.payload(build);
    lock.lock();
    try {
      append(Frame.HELLO, 0, hello, 0, hello.length);
    } finally {
      lock.unlock();
    }
  }

  void ping() {
    lock.lock();
    try {
      pingDue = true;
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /** As {@link Channel#send}. */
  void send(MuxChannel channel, byte[] buffer, int offset, int length) throws WireException {
    int cost = Frame.cost(length);
    lock.lock();
    try {
      while (true) {
        channel.checkMaySend();
        if (channel.credit < cost) {
          channel.mayGoOn.await();
        } else if (isFullFor(length)) {
          room.await();
        } else {
          break;
        }
      }
      channel.credit -= cost;
      append(Frame.DATA, channel.number, buffer, offset, length);
      work.signal();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WireException("interrupted while sending to " + channel.peer(), e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a payload may go in, or something changed; the caller holds the lock.
   *
   * @return whether it may go in now; if not, the caller looks at its own reasons and asks again
   */
  @SuppressWarnings("WaitNotInLoop") // the loop is the caller's
  boolean awaitRoomFor(int payloadBytes) throws InterruptedException {
    if (!isFullFor(payloadBytes)) {
      return true;
    }
    room.await();
    return false;
  }

  /** Puts in the frame that opens a channel; the caller holds the lock and has seen room. */
  void open(MuxChannel channel, byte[] payload) {
    append(Frame.OPEN, channel.number, payload, 0, payload.length);
    work.signal();
  }

  /** Wakes those who wait for room, to see what became of their channel. */
  void wakeAll() {
    room.signalAll();
  }

  /** The channel has something to say besides data; the caller holds the lock. */
  void mark(MuxChannel channel) {
    marked.add(channel);
    work.signal();
  }

  /** The channel is gone; the caller holds the lock. */
  void unmark(MuxChannel channel) {
    marked.remove(channel);
  }

  /** The connection ends with this reason; the caller holds the lock. */
  void end(String reason) {
    if (bye == null) {
      bye = reason;
      work.signal();
      room.signalAll();
    }
  }

  /** The writer thread: returns after the last frame, or throws when the stream breaks. */
  void run(OutputStream out) throws IOException, InterruptedException {
    boolean isLast;
    do {
      int count;
      lock.lock();
      try {
        while (filled == 0 && marked.isEmpty() && !pingDue && bye == null) {
          work.await();
        }
        appendMarks();
        isLast = bye != null;
        byte[] chunk = filling;
        count = filled;
        filling = writing.length > 2 * BUFFER_BYTES ? new byte[BUFFER_BYTES] : writing;
        writing = chunk;
        filled = 0;
        room.signalAll();
      } finally {
        lock.unlock();
      }
      out.write(writing, 0, count);
      out.flush();
    } while (!isLast);
  }

  private void appendMarks() {
    for (MuxChannel channel : marked.toArray(MuxChannel[]::new)) {
      channel.appendMarks(this);
    }
    marked.clear();
    if (bye != null) {
      byte[] reason = MuxChannel.reasonBytes(bye);
      append(Frame.BYE, 0, reason, 0, reason.length);
    } else if (pingDue && filled == 0) {
      append(Frame.PING, 0, NOTHING, 0, 0);
    }
    pingDue = false;
  }

  private boolean isFullFor(int payloadBytes) {
    return filled > 0 && filled + Frame.HEADER_BYTES + payloadBytes > BUFFER_BYTES;
  }

  void append(int type, int channel, byte[] payload, int offset, int length) {
    int needed = filled + Frame.HEADER_BYTES + length;
    if (needed > filling.length) {
      filling = Arrays.copyOf(filling, Math.max(needed, filling.length * 2));
    }
    Frame.header(filling, filled, type, channel, length);
    System.arraycopy(payload, offset, filling, filled + Frame.HEADER_BYTES, length);
    filled = needed;
  }
}
