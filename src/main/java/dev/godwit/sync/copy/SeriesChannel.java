package dev.godwit.sync.copy;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One copy of a series, as its side sees it: a channel of its own, within that of the series. What
 * comes is given to its side by who receives for the series, because a thread that waits for each
 * copy would have to be woken for every message; a side that waits holds up the whole series.
 */
class SeriesChannel implements Channel {
  /** Gets what comes for one copy, in order, from the thread that receives for the series. */
  interface Listener {
    /** May wait for room; what is wrong with the message is the side's to tell. */
    void received(byte[] message) throws InterruptedException;

    /**
     * Nothing more comes. Does not wait; perhaps called by another thread, and more than once when
     * the series ends.
     *
     * @param cause null when the peer's side of the copy has ended in order
     */
    void over(@Nullable WireException cause);
  }

  /** Begins a copy. */
  interface Beginning {
    /**
     * Tells the other side of it. May wait for room.
     *
     * @return its number, not negative
     */
    int begin() throws WireException;
  }

  private final Channel outer;
  private final Beginning beginning;
  private final ReentrantLock numbering = new ReentrantLock();

  /** Negative until it has begun. Guarded by {@link #numbering}. */
  private int number = -1;

  private @Nullable Listener listener;
  private boolean isFinished;
  private boolean hasPeerFinished;
  private @Nullable WireException failure;

  /** Of a copy that the other side has begun. */
  SeriesChannel(Channel outer, int number) {
    this(outer, () -> number);
  }

  /** Of one that begins with its first message, so that both come together. */
  SeriesChannel(Channel outer, Beginning beginning) {
    this.outer = outer;
    this.beginning = beginning;
  }

  /** To be said before anything can come. */
  void serves(Listener theListener) {
    WireException cause;
    synchronized (this) {
      listener = theListener;
      cause = failure;
    }
    if (cause != null) {
      theListener.over(cause);
    }
  }

  @Override
  public String peer() {
    return outer.peer();
  }

  @Override
  public void send(byte[] buffer, int offset, int length) throws WireException {
    outer.send(frame(buffer, offset, length));
  }

  @Override
  public void sendLazily(byte[] buffer, int offset, int length) throws WireException {
    byte[] frame = frame(buffer, offset, length);
    outer.sendLazily(frame, 0, frame.length);
  }

  private byte[] frame(byte[] buffer, int offset, int length) throws WireException {
    byte[] frame = new byte[SeriesFrames.HEAD_BYTES + length];
    frame[0] = SeriesFrames.COPY;
    CompactWriter.set(frame, 1, number());
    System.arraycopy(buffer, offset, frame, SeriesFrames.HEAD_BYTES, length);
    return frame;
  }

  private int number() throws WireException {
    numbering.lock(); // not the monitor, which who ends the series needs
    try {
      if (number < 0) {
        number = beginning.begin();
      }
      return number;
    } finally {
      numbering.unlock();
    }
  }

  /** A frame of this copy has come. */
  void received(byte[] frame) throws WireException, InterruptedException {
    Listener to;
    synchronized (this) {
      if (hasPeerFinished || listener == null) {
        throw CompactReader.malformed("a message of a copy that has ended");
      }
      to = listener;
    }
    to.received(Arrays.copyOfRange(frame, SeriesFrames.HEAD_BYTES, frame.length));
  }

  /** The peer's side of this copy has ended in order. */
  void peerFinished() throws WireException {
    Listener to;
    synchronized (this) {
      if (hasPeerFinished || listener == null) {
        throw CompactReader.malformed("a copy ends twice");
      }
      hasPeerFinished = true;
      to = listener;
    }
    to.over(null);
  }

  synchronized boolean hasPeerFinished() {
    return hasPeerFinished;
  }

  /** Nobody waits for messages here: see {@link Listener}. */
  @Override
  public byte @Nullable [] receive() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void finish() throws WireException {
    synchronized (this) {
      if (isFinished) {
        return;
      }
      isFinished = true;
    }
    byte[] frame = new byte[SeriesFrames.HEAD_BYTES];
    frame[0] = SeriesFrames.COPY_END;
    CompactWriter.set(frame, 1, number());
    outer.send(frame);
  }

  /** The whole series cannot go on. */
  void end(WireException cause) {
    Listener to;
    synchronized (this) {
      if (failure == null) {
        failure = cause;
      }
      to = listener;
    }
    if (to != null) {
      to.over(new WireException(String.valueOf(cause.getMessage()), cause));
    }
  }

  /** One copy that fails ends the series: nobody knows what of it was done. */
  @Override
  public void fail(String reason) {
    outer.fail(reason);
    end(new WireException(reason));
  }

  @Override
  public void close() {
    end(new WireException("the copy was closed"));
  }
}
