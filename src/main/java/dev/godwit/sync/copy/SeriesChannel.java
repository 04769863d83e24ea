package dev.godwit.sync.copy;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One copy of a series, as its side sees it: a channel of its own, within that of the series. What
 * waits to be received is bounded: then the receiver of the series waits.
 */
class SeriesChannel implements Channel {
  private static final int WAITING_MAX = 8;

  private final Channel outer;
  private final int number;
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private boolean isFinished;
  private boolean hasPeerFinished;
  private @Nullable WireException failure;

  SeriesChannel(Channel outer, int number) {
    this.outer = outer;
    this.number = number;
  }

  @Override
  public String peer() {
    return outer.peer();
  }

  @Override
  public void send(byte[] buffer, int offset, int length) throws WireException {
    byte[] frame = new byte[SeriesFrames.HEAD_BYTES + length];
    frame[0] = SeriesFrames.COPY;
    CompactWriter.set(frame, 1, number);
    System.arraycopy(buffer, offset, frame, SeriesFrames.HEAD_BYTES, length);
    outer.send(frame);
  }

  /** A frame of this copy has come; waits while there is no room. */
  synchronized void received(byte[] frame) throws WireException, InterruptedException {
    if (hasPeerFinished) {
      throw CompactReader.malformed("a message of a copy that has ended");
    }
    while (waiting.size() >= WAITING_MAX && failure == null) {
      wait();
    }
    waiting.add(Arrays.copyOfRange(frame, SeriesFrames.HEAD_BYTES, frame.length));
    notifyAll();
  }

  /** The peer's side of this copy has ended in order. */
  synchronized void peerFinished() throws WireException {
    if (hasPeerFinished) {
      throw CompactReader.malformed("a copy ends twice");
    }
    hasPeerFinished = true;
    notifyAll();
  }

  synchronized boolean hasPeerFinished() {
    return hasPeerFinished;
  }

  @Override
  public synchronized byte @Nullable [] receive() throws WireException {
    while (waiting.isEmpty() && !hasPeerFinished && failure == null) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WireException("interrupted while waiting for " + peer(), e);
      }
    }
    byte[] next = waiting.poll();
    if (next != null) {
      notifyAll();
      return next;
    }
    if (hasPeerFinished) {
      return null;
    }
    WireException cause = java.util.Objects.requireNonNull(failure);
    throw new WireException(String.valueOf(cause.getMessage()), cause);
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
    CompactWriter.set(frame, 1, number);
    outer.send(frame);
  }

  /** The whole series cannot go on. */
  synchronized void end(WireException cause) {
    if (failure == null) {
      failure = cause;
    }
    notifyAll();
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
