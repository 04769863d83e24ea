package dev.godwit.wire;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The two ends of a channel within one process: the same contract as a channel of a {@link
 * Connection}, without a stream. Each direction holds at most 1 MiB.
 */
public final class InMemoryChannels {
  /**
   * The two ends.
   *
   * @param a what holder A uses; its peer is B
   * @param b what holder B uses; its peer is A
   */
  public record ChannelPair(Channel a, Channel b) {}

  private static final int WINDOW_BYTES = 1024 * 1024;

  /** So long what was sent lazily waits at most, while messages come often; else not at all. */
  private static final long LAZY_NANOS = 1_000_000;

  /** When none has come for so long, whoever waits is woken by the next one, whatever it is. */
  private static final long OFTEN_NANOS = 2_000_000;

  /**
   * So many have to come in such a row before whoever waits looks by itself: a mirror's single
   * changes are a few messages each, and a look that finds nothing costs as much as being woken.
   */
  private static final int OFTEN_COUNT = 16;

  private final ReentrantLock lock = new ReentrantLock();

  private InMemoryChannels() {}

  /**
   * Makes a channel.
   *
   * @param nameA what B calls A
   * @param nameB what A calls B
   */
  public static ChannelPair pair(String nameA, String nameB) {
    InMemoryChannels channels = new InMemoryChannels();
    End a = channels.new End(nameB);
    End b = channels.new End(nameA);
    a.other = b;
    b.other = a;
    return new ChannelPair(a, b);
  }

  private final class End implements PolledChannel {
    private final String peer;
    private @Nullable End other;

    // What this end receives.
    private final ArrayDeque<byte[]> messages = new ArrayDeque<>();

    /** There is something to receive, or nothing more comes. */
    private final Condition arrived = lock.newCondition();

    /** There may be room for what is sent to this end. */
    private final Condition room = lock.newCondition();

    /** How many messages in a row have not been waited for long; counted to the limit. */
    private int often;

    /** Who waits for a message looks by itself soon. */
    private boolean looksSoon;

    private int queuedBytes;

    /** This end said that nothing more comes from it. */
    private boolean finished;

    /** Why this end is over, by whichever side. */
    private @Nullable WireException end;

    /** This end was failed or closed by its own holder: nothing is delivered any more. */
    private boolean closed;

    /** Who is told of changes, in the place of who waits for them. */
    private @Nullable Runnable ready;

    /** Who is told what comes here, in the place of the queue. */
    private @Nullable Receiver receiver;

    /** Held while the receiver is told something; taken before {@link #lock}. */
    private final ReentrantLock telling = new ReentrantLock();

    /** The receiver was told that nothing more comes. */
    private boolean isEndTold;

    End(String peer) {
      this.peer = peer;
    }

    @Override
    public String peer() {
      return peer;
    }

    @Override
    public void send(byte[] buffer, int offset, int length) throws WireException {
      send(buffer, offset, length, true);
    }

    /** Whoever receives is not woken for each of many: that takes longer than most messages. */
    @Override
    public void sendLazily(byte[] buffer, int offset, int length) throws WireException {
      send(buffer, offset, length, false);
    }

    private void send(byte[] buffer, int offset, int length, boolean isUrgent)
        throws WireException {
      Objects.checkFromIndexSize(offset, length, buffer.length);
      if (length > MESSAGE_BYTES_MAX) {
        throw new IllegalArgumentException("a message of " + length + " bytes");
      }
      byte[] message = Arrays.copyOfRange(buffer, offset, offset + length);
      if (!queue(message, isUrgent)) {
        other().tell(message, isUrgent, this);
      }
    }

    /** False when the other end has a receiver, who is to be told. */
    private boolean queue(byte[] message, boolean isUrgent) throws WireException {
      int cost = Frame.cost(message.length);
      lock.lock();
      try {
        while (true) {
          checkMaySend();
          if (other().receiver != null) {
            return false;
          }
          if (other().queuedBytes + cost <= WINDOW_BYTES) {
            break;
          }
          other().arrived.signalAll(); // what is there lazily has to make room
          other().room.await();
        }
        other().messages.add(message);
        other().queuedBytes += cost;
        if (isUrgent || !other().looksSoon) {
          other().arrived();
        }
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WireException("interrupted while sending to " + peer, e);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public PolledChannel polled(Runnable listener) {
      lock.lock();
      try {
        ready = listener;
        return this;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void trySend(ByteBuffer bytes) throws WireException {
      lock.lock();
      try {
        checkMaySend();
        int length = roomFor(bytes.remaining());
        while (length > 0) {
          byte[] message = new byte[length];
          bytes.get(message);
          other().messages.add(message);
          other().queuedBytes += Frame.cost(length);
          other().arrived();
          length = roomFor(bytes.remaining());
        }
      } finally {
        lock.unlock();
      }
    }

    /** How much of a message may be sent now; none when not positive. With the lock held. */
    private int roomFor(int bytes) {
      int free = WINDOW_BYTES - other().queuedBytes - Frame.MESSAGE_OVERHEAD_BYTES;
      return Math.min(free, Math.min(bytes, MESSAGE_BYTES_MAX));
    }

    /** Everything is at the other end as soon as it is sent. */
    @Override
    public void flush() {}

    @Override
    public byte @Nullable [] tryReceive() throws WireException {
      lock.lock();
      try {
        return next();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean isFinished() {
      lock.lock();
      try {
        return other().finished && messages.isEmpty() && !closed;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean hasFailed() {
      lock.lock();
      try {
        return end != null;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean deliverTo(Receiver taker) {
      telling.lock();
      try {
        byte[] message = nextFor(taker);
        while (message != null) {
          taker.message(message, true);
          message = nextFor(taker);
        }
      } finally {
        telling.unlock();
      }
      tellEnd();
      return true;
    }

    /** What is still queued; null when all of it was told and the receiver is the one to tell. */
    private byte @Nullable [] nextFor(Receiver taker) {
      lock.lock();
      try {
        byte[] message = messages.poll();
        if (message == null) {
          receiver = taker;
        } else {
          queuedBytes -= Frame.cost(message.length);
        }
        hasRoom();
        return message;
      } finally {
        lock.unlock();
      }
    }

    private void tell(byte[] message, boolean isUrgent, End sender) throws WireException {
      try {
        if (!telling.tryLock()) {
          telling.lockInterruptibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WireException("interrupted while sending to " + sender.peer, e);
      }
      try {
        sender.checkMayStillSend();
        Objects.requireNonNull(receiver).message(message, isUrgent);
      } finally {
        telling.unlock();
        tellEnd();
      }
    }

    /**
     * Tells the receiver, if there is one, that nothing more comes, if so it is and once. When it
     * is just being told something, whoever does that tells this too, afterwards.
     */
    private void tellEnd() {
      while (isEndToTell() && telling.tryLock()) {
        try {
          tellEndNow();
        } finally {
          telling.unlock();
        }
      }
    }

    private boolean isEndToTell() {
      lock.lock();
      try {
        return receiver != null && !isEndTold && (end != null || other().finished);
      } finally {
        lock.unlock();
      }
    }

    private void tellEndNow() {
      Receiver taker;
      WireException why;
      lock.lock();
      try {
        taker = receiver;
        why = other().finished && !closed ? null : end;
        if (taker == null || isEndTold) {
          return;
        }
        isEndTold = true;
      } finally {
        lock.unlock();
      }
      if (why == null) {
        taker.finished();
      } else {
        taker.ended(why);
      }
    }

    @Override
    public byte @Nullable [] receive() throws WireException {
      lock.lock();
      try {
        long late = System.nanoTime() + OFTEN_NANOS;
        while (true) {
          byte[] message = next();
          if (message != null) {
            boolean isSoon = System.nanoTime() - late < 0;
            often = isSoon ? Math.min(often + 1, OFTEN_COUNT) : 0;
            return message;
          }
          if (other().finished) {
            return null;
          }
          if (often == OFTEN_COUNT && System.nanoTime() - late < 0) {
            looksSoon = true;
            try {
              long unused = arrived.awaitNanos(LAZY_NANOS);
            } finally {
              looksSoon = false;
            }
          } else {
            arrived.await();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WireException("interrupted while waiting for " + peer, e);
      } finally {
        lock.unlock();
      }
    }

    /** Null when there is none now, or none any more. With the lock held. */
    private byte @Nullable [] next() throws WireException {
      if (closed) {
        throw Inbox.again(Objects.requireNonNull(end));
      }
      byte[] message = messages.poll();
      if (message != null) {
        queuedBytes -= Frame.cost(message.length);
        hasRoom();
      } else if (end != null && !other().finished) {
        throw Inbox.again(end);
      }
      return message;
    }

    @Override
    public void finish() throws WireException {
      lock.lock();
      try {
        if (!finished) {
          checkMaySend();
          finished = true;
          wakeAll();
        }
      } finally {
        lock.unlock();
      }
      other().tellEnd();
    }

    @Override
    public void fail(String reason) {
      endHere(reason, "the channel to " + peer + " was failed on this side: " + reason);
    }

    @Override
    public void close() {
      endHere("closed the channel", "the channel to " + peer + " was closed on this side");
    }

    private void endHere(String reason, String how) {
      lock.lock();
      try {
        if (end == null) {
          end = new WireException(how);
          if (other().end == null && !(finished && other().finished)) {
            other().end = new PeerFailure(other().peer, reason);
          }
        } else if (!closed) {
          end = new WireException(how, end);
        }
        closed = true;
        messages.clear();
        queuedBytes = 0;
        wakeAll();
      } finally {
        lock.unlock();
      }
      other().tellEnd();
      tellEnd();
    }

    /** There is something to receive here, or nothing more comes. With the lock held. */
    private void arrived() {
      arrived.signalAll();
      announce();
    }

    /** There may be room for what is sent to this end. With the lock held. */
    private void hasRoom() {
      room.signalAll();
      other().announce();
    }

    private void announce() {
      if (ready != null) {
        ready.run();
      }
    }

    /** Something has ended: all who wait look. With the lock held. */
    private void wakeAll() {
      for (End one : List.of(this, other())) {
        one.arrived();
        one.hasRoom();
      }
    }

    private void checkMayStillSend() throws WireException {
      lock.lock();
      try {
        checkMaySend();
      } finally {
        lock.unlock();
      }
    }

    private void checkMaySend() throws WireException {
      if (end != null) {
        throw Inbox.again(end);
      }
      if (finished) {
        throw new WireException("the channel to " + peer + " was finished on this side");
      }
    }

    private End other() {
      return Objects.requireNonNull(other);
    }
  }
}
