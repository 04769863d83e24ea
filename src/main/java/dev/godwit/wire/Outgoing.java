package dev.godwit.wire;

import dev.godwit.linux.PipeOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
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
 *   <li>The buffer is bounded; only {@link #send} and {@link #open} wait for room in it; {@link
 *       #trySend} takes what there is.
 *   <li>One writes at a time: the writer, or who {@link #flush flushes} while the writer waits.
 *   <li>Everything else (credit, finish, fail, ping) is a mark on its channel that the writer turns
 *       into a frame when it comes by, behind the data that was sent before. So the reader never
 *       waits for the writer, and two sides that both write cannot block each other.
 *   <li>A channel with a mark is in the connection's table; the table is bounded.
 * </ul>
 */
final class Outgoing {
  private static final int BUFFER_BYTES = 1024 * 1024;
  private static final byte[] NOTHING = {};

  /** How long what is not urgent waits for more: each write is a packet, or two, with its cost. */
  private static final long LAZY_NANOS = 5_000_000;

  /** With so much there is nothing to be won by waiting, nor by sparing the writer the work. */
  private static final int LAZY_BYTES = 16 * 1024;

  final ReentrantLock lock = new ReentrantLock();

  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final Set<MuxChannel> marked = new LinkedHashSet<>();

  /** Who does not wait, and could not send all for want of room. */
  private final Set<MuxChannel> shortOfRoom = new LinkedHashSet<>();

  private byte[] filling = new byte[64 * 1024];
  private byte[] writing = new byte[64 * 1024];
  private int filled;
  private boolean pingDue;

  /** What takes small writes without waiting; null where that cannot be known. */
  private final @Nullable PipeOutput pipe;

  /** Whether the writer writes at this moment. */
  private boolean isWriting;

  /** Whether what is in the buffer shall go out now. Never of an empty one. */
  private boolean isUrgent;

  /** Since when something is in the buffer. */
  private long filledSince;

  /** What the last frame says, once the connection ends. */
  private @Nullable String bye;

  /**
   * @param out what {@link #run} will write to
   */
  Outgoing(OutputStream out) {
    pipe = out instanceof PipeOutput piped ? piped : null;
  }

  /** Puts the first frame in. */
  void hello(String build) {
    byte[] hello = Hello.payload(build);
    lock.lock();
    try {
      append(Frame.HELLO, 0, hello, 0, hello.length);
      writeSoon();
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

  /** As {@link Channel#send}, or as {@link Channel#sendLazily} when it is not urgent. */
  void send(MuxChannel channel, byte[] buffer, int offset, int length, boolean urgent)
      throws WireException {
    int cost = Frame.cost(length);
    lock.lock();
    try {
      while (true) {
        channel.checkMaySend();
        if (channel.credit < cost) {
          writeSoon(); // what is here may be what the peer gives credit for
          channel.mayGoOn.await();
        } else if (isFullFor(length)) {
          room.await();
        } else {
          break;
        }
      }
      channel.credit -= cost;
      boolean wasEmpty = filled == 0;
      append(Frame.DATA, channel.number, buffer, offset, length);
      if (urgent || filled >= LAZY_BYTES) {
        writeSoon();
      } else if (wasEmpty) {
        filledSince = System.nanoTime();
        work.signal();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WireException("interrupted while sending to " + channel.peer(), e);
    } finally {
      lock.unlock();
    }
  }

  /** As {@link PolledChannel#trySend}. */
  void trySend(MuxChannel channel, ByteBuffer bytes) throws WireException {
    lock.lock();
    try {
      channel.checkMaySend();
      int length = roomFor(channel, bytes.remaining());
      while (length > 0) {
        channel.credit -= Frame.cost(length);
        int at = beginFrame(Frame.DATA, channel.number, length);
        bytes.get(filling, at, length);
        length = roomFor(channel, bytes.remaining());
      }
      if (bytes.hasRemaining()) {
        shortOfRoom.add(channel);
      }
    } finally {
      lock.unlock();
    }
  }

  /** As {@link PolledChannel#flush}. */
  void flush() {
    lock.lock();
    try {
      if (isWriting || bye != null) {
        writeSoon(); // the writer looks for marks itself before it waits
        return;
      }
      appendMarks();
      if (filled <= LAZY_BYTES && isTakenNow()) {
        filled = 0;
        isUrgent = false;
      } else {
        writeSoon();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isTakenNow() {
    try {
      return pipe != null && pipe.tryWrite(filling, 0, filled);
    } catch (IOException e) {
      return false; // the writer will meet it, and end the connection
    }
  }

  /** How much of a message may go in now; none when not positive. */
  private int roomFor(MuxChannel channel, int bytes) {
    int free = BUFFER_BYTES - filled - Frame.HEADER_BYTES;
    int credit = channel.credit - Frame.MESSAGE_OVERHEAD_BYTES;
    return Math.min(Math.min(bytes, Channel.MESSAGE_BYTES_MAX), Math.min(free, credit));
  }

  /** What is in the buffer, if anything, waits for nothing more. */
  private void writeSoon() {
    if (!isUrgent && filled > 0) {
      isUrgent = true;
      work.signal();
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

  /**
   * Puts in the frame that opens a channel; the caller holds the lock and has seen room.
   *
   * @param isUrgent false: somebody {@link #flush flushes} soon
   */
  void open(MuxChannel channel, byte[] payload, boolean isUrgent) {
    append(Frame.OPEN, channel.number, payload, 0, payload.length);
    if (isUrgent) {
      writeSoon();
    }
  }

  /** Wakes those who wait for room, to see what became of their channel. */
  void wakeAll() {
    room.signalAll();
  }

  /**
   * The channel has something to say besides data; the caller holds the lock.
   *
   * @param isUrgent false: somebody {@link #flush flushes} soon
   */
  void mark(MuxChannel channel, boolean isUrgent) {
    marked.add(channel);
    if (isUrgent) {
      work.signal();
    }
  }

  /** The channel is gone; the caller holds the lock. */
  void unmark(MuxChannel channel) {
    marked.remove(channel);
    shortOfRoom.remove(channel);
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
        isWriting = false;
        awaitWork();
        isWriting = true;
        appendMarks();
        isLast = bye != null;
        byte[] chunk = filling;
        count = filled;
        filling = writing.length > 2 * BUFFER_BYTES ? new byte[BUFFER_BYTES] : writing;
        writing = chunk;
        filled = 0;
        isUrgent = false;
        room.signalAll();
        shortOfRoom.forEach(MuxChannel::announceRoom);
        shortOfRoom.clear();
      } finally {
        lock.unlock();
      }
      out.write(writing, 0, count);
      out.flush();
    } while (!isLast);
  }

  /** Waits until something is to be written; the caller holds the lock. */
  private void awaitWork() throws InterruptedException {
    while (!isUrgent && marked.isEmpty() && !pingDue && bye == null) {
      if (filled == 0) {
        work.await();
      } else {
        long left = filledSince + LAZY_NANOS - System.nanoTime();
        if (left <= 0) {
          return;
        }
        long unused = work.awaitNanos(left);
      }
    }
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

  /** Whether a payload has to wait; the caller holds the lock. */
  boolean isFullFor(int payloadBytes) {
    return filled > 0 && filled + Frame.HEADER_BYTES + payloadBytes > BUFFER_BYTES;
  }

  void append(int type, int channel, byte[] payload, int offset, int length) {
    int at = beginFrame(type, channel, length);
    System.arraycopy(payload, offset, filling, at, length);
  }

  /** Makes room for a frame and writes its header; returns where in the buffer its payload goes. */
  private int beginFrame(int type, int channel, int length) {
    int at = filled + Frame.HEADER_BYTES;
    int end = at + length;
    if (end > filling.length) {
      filling = Arrays.copyOf(filling, Math.max(end, filling.length * 2));
    }
    Frame.header(filling, filled, type, channel, length);
    filled = end;
    return at;
  }
}
