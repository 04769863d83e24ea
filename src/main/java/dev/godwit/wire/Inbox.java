package dev.godwit.wire;

import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What came for one channel and was not received yet. The connection's reader puts and never waits;
 * receivers wait. Holds at most the window that the peer was given.
 */
final class Inbox {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> messages = new ArrayDeque<>();
  private final String peer;

  /** What the peer may still send. */
  private int room = Frame.WINDOW_START_BYTES;

  private int window = Frame.WINDOW_START_BYTES;

  /** Room of messages that were taken, not given back to the peer yet. */
  private int taken;

  private boolean finished;

  /** Why nothing more comes, unless the peer has finished; said after what came before. */
  private @Nullable WireException end;

  /** Closed on this side: nothing is delivered any more. */
  private @Nullable String closed;

  /** Who is told that something has come, in the place of who waits. */
  private @Nullable Runnable ready;

  Inbox(String peer) {
    this.peer = peer;
  }

  /** From now on this is called, with the lock held, when {@link #tryTake} may say more. */
  void announceTo(Runnable listener) {
    lock.lock();
    try {
      ready = listener;
    } finally {
      lock.unlock();
    }
  }

  private void announce() {
    if (ready != null) {
      ready.run();
    }
  }

  /** Takes room for a message before memory is taken for it. */
  void reserve(int messageBytes) throws WireException {
    lock.lock();
    try {
      if (finished) {
        throw new WireException("a message on a channel that was finished");
      }
      int cost = Frame.cost(messageBytes);
      if (cost > room) {
        throw new WireException("more messages than there was credit for");
      }
      room -= cost;
    } finally {
      lock.unlock();
    }
  }

  void put(byte[] message) {
    lock.lock();
    try {
      if (closed == null) {
        messages.add(message);
        changed.signal();
        announce();
      }
    } finally {
      lock.unlock();
    }
  }

  void finish() throws WireException {
    lock.lock();
    try {
      if (finished) {
        throw new WireException("a channel finished twice");
      }
      finished = true;
      changed.signalAll();
      announce();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more comes, because of {@code reason}. The first reason stays. */
  void end(WireException reason) {
    lock.lock();
    try {
      if (end == null) {
        end = reason;
        changed.signalAll();
        announce();
      }
    } finally {
      lock.unlock();
    }
  }

  void close(String how) {
    lock.lock();
    try {
      if (closed == null) {
        closed = how;
        messages.clear();
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** As {@link Channel#receive}. */
  byte @Nullable [] take() throws WireException {
    lock.lock();
    try {
      byte[] message = next();
      while (message == null && !finished) {
        changed.await();
        message = next();
      }
      return message;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WireException("interrupted while waiting for " + peer, e);
    } finally {
      lock.unlock();
    }
  }

  /** As {@link PolledChannel#tryReceive}. */
  byte @Nullable [] tryTake() throws WireException {
    lock.lock();
    try {
      return next();
    } finally {
      lock.unlock();
    }
  }

  /** Null when there is none now, or none any more; the caller holds the lock. */
  private byte @Nullable [] next() throws WireException {
    if (closed != null) {
      throw new WireException(closed);
    }
    byte[] message = messages.poll();
    if (message != null) {
      taken += Frame.cost(message.length);
    } else if (end != null && !finished) {
      throw again(end);
    }
    return message;
  }

  /** As {@link PolledChannel#isFinished}. */
  boolean isFinished() {
    lock.lock();
    try {
      return finished && messages.isEmpty() && closed == null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The credit that is due to the peer now, 0 when it can wait.
   *
   * @param budget where a window grows from the first time that its receiver keeps up
   */
  int creditDue(WindowBudget budget) {
    lock.lock();
    try {
      if (taken < Frame.creditThreshold(window) || finished || end != null || closed != null) {
        return 0;
      }
      int more = budget.take(Frame.WINDOW_MAX_BYTES - window);
      window += more;
      int credit = taken + more;
      taken = 0;
      room += credit;
      return credit;
    } finally {
      lock.unlock();
    }
  }

  /** Gives back what {@link #creditDue} took from the budget. Called once, at the channel's end. */
  void release(WindowBudget budget) {
    lock.lock();
    try {
      budget.giveBack(window - Frame.WINDOW_START_BYTES);
      window = Frame.WINDOW_MAX_BYTES; // grows no more
    } finally {
      lock.unlock();
    }
  }

  /** The same reason with the stack of the caller that meets it. */
  static WireException again(WireException reason) {
    return reason instanceof PeerFailure failure
        ? failure
        : new WireException(reason.getMessage(), reason);
  }
}
