package dev.godwit.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * One channel of a {@link Connection}. What it sends is guarded by the lock of {@link Outgoing};
 * what it receives is in its {@link Inbox}, with a lock of its own that is never held when the
 * other is taken.
 */
final class MuxChannel implements PolledChannel {
  private final Connection connection;
  private final Outgoing outgoing;
  final Inbox inbox;

  /** As in the frames that go out and in this side's table: negative when the peer opened it. */
  final int number;

  final Condition mayGoOn;

  int credit = Frame.WINDOW_START_BYTES;

  private int creditToGive;
  private boolean finishing;
  private boolean finishSent;
  private boolean peerFinished;
  private @Nullable String failing;

  /** Why nothing can be sent any more, whichever side it comes from. */
  private @Nullable WireException end;

  /** Who is told that there is room again, and flushes; see {@link Channel#polled}. */
  private @Nullable Runnable ready;

  MuxChannel(Connection connection, Outgoing outgoing, int number) {
    this.connection = connection;
    this.outgoing = outgoing;
    this.inbox = new Inbox(connection.peer());
    this.number = number;
    this.mayGoOn = outgoing.lock.newCondition();
  }

  @Override
  public String peer() {
    return connection.peer();
  }

  @Override
  public void send(byte[] buffer, int offset, int length) throws WireException {
    send(buffer, offset, length, true);
  }

  @Override
  public void sendLazily(byte[] buffer, int offset, int length) throws WireException {
    send(buffer, offset, length, false);
  }

  private void send(byte[] buffer, int offset, int length, boolean isUrgent) throws WireException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length > MESSAGE_BYTES_MAX) {
      throw new IllegalArgumentException("a message of " + length + " bytes");
    }
    outgoing.send(this, buffer, offset, length, isUrgent);
  }

  @Override
  public byte @Nullable [] receive() throws WireException {
    byte[] message = inbox.take();
    giveCredit();
    return message;
  }

  private void giveCredit() {
    int credit = inbox.creditDue(connection.budget());
    if (credit > 0) {
      outgoing.lock.lock();
      try {
        if (end == null && !peerFinished) {
          creditToGive += credit;
          outgoing.mark(this, ready == null);
        }
      } finally {
        outgoing.lock.unlock();
      }
    }
  }

  @Override
  public PolledChannel polled(Runnable listener) {
    outgoing.lock.lock();
    try {
      ready = listener;
    } finally {
      outgoing.lock.unlock();
    }
    inbox.announceTo(listener);
    return this;
  }

  @Override
  public void flush() {
    outgoing.flush();
  }

  @Override
  public byte @Nullable [] tryReceive() throws WireException {
    byte[] message = inbox.tryTake();
    if (message != null) {
      giveCredit();
    }
    return message;
  }

  @Override
  public boolean isFinished() {
    return inbox.isFinished();
  }

  @Override
  public boolean hasFailed() {
    outgoing.lock.lock();
    try {
      return end != null;
    } finally {
      outgoing.lock.unlock();
    }
  }

  @Override
  public void trySend(ByteBuffer bytes) throws WireException {
    outgoing.trySend(this, bytes);
  }

  @Override
  public void finish() throws WireException {
    outgoing.lock.lock();
    try {
      if (!finishing) {
        checkMaySend();
        finishing = true;
        wakeSenders();
        outgoing.mark(this, ready == null);
      }
    } finally {
      outgoing.lock.unlock();
    }
  }

  @Override
  public void fail(String reason) {
    endHere(reason, "the channel to " + peer() + " was failed on this side: " + reason);
  }

  @Override
  public void close() {
    endHere("", "the channel to " + peer() + " was closed on this side");
  }

  private void endHere(String reason, String how) {
    outgoing.lock.lock();
    try {
      if (end == null) {
        end = new WireException(how);
        wakeSenders();
        // Both ends have finished: the peer may be told of nothing but the finish under way.
        if (!(finishing && peerFinished)) {
          failing = reason;
          outgoing.mark(this, ready == null);
        }
      }
    } finally {
      outgoing.lock.unlock();
    }
    inbox.close(how);
  }

  // From here on: the caller holds the lock of Outgoing.

  void checkMaySend() throws WireException {
    if (end != null) {
      throw Inbox.again(end);
    }
    if (finishing) {
      throw new WireException("the channel to " + peer() + " was finished on this side");
    }
  }

  /** Writes what the marks say, in the only order that makes sense. */
  void appendMarks(Outgoing out) {
    if (creditToGive > 0) {
      byte[] payload = new MessageWriter(4).u32(creditToGive).toBytes();
      out.append(Frame.CREDIT, number, payload, 0, payload.length);
      creditToGive = 0;
    }
    if (finishing && !finishSent) {
      out.append(Frame.FINISH, number, new byte[0], 0, 0);
      finishSent = true;
    }
    if (failing != null) {
      byte[] reason = reasonBytes(failing);
      out.append(Frame.FAIL, number, reason, 0, reason.length);
      connection.remove(this);
    } else if (finishSent && peerFinished) {
      connection.remove(this);
    }
  }

  private void wakeSenders() {
    mayGoOn.signalAll();
    outgoing.wakeAll();
  }

  void creditCame(int bytes) throws WireException {
    if (bytes <= 0 || bytes > Frame.WINDOW_MAX_BYTES - credit) {
      throw new WireException("credit beyond the window");
    }
    credit += bytes;
    mayGoOn.signalAll();
    announceRoom();
  }

  /** More may be sent than {@link #trySend} could. */
  void announceRoom() {
    if (ready != null) {
      ready.run();
    }
  }

  void peerFinished() {
    peerFinished = true;
    creditToGive = 0;
    if (finishSent) {
      connection.remove(this);
    }
  }

  /** The peer failed the channel or the connection is lost. */
  void endFromOutside(WireException reason) {
    if (end == null) {
      end = reason;
      wakeSenders();
    }
  }

  /** UTF-8, cut at the limit. */
  static byte[] reasonBytes(String reason) {
    byte[] bytes = reason.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= Frame.REASON_BYTES_MAX
        ? bytes
        : Arrays.copyOf(bytes, Frame.REASON_BYTES_MAX);
  }
}
