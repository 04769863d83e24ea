package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What is done to a file beside the thread that gives the orders, so that this one can go on to
 * read and hash: one order after the other, as they were given, by a thread of a pool. When too
 * much waits, who gives an order does the oldest ones himself; so nobody ever waits for a thread
 * that has not begun, and a pool of one thread is enough for any number of files. Orders are given
 * by one thread at a time.
 */
final class WriteBehind implements Runnable {
  /** Orders that wait. */
  private static final int ORDERS_MAX = 4096;

  /** Content that waits with them. */
  private static final long BYTES_MAX = 8 << 20;

  /** So many orders, then other files have their turn. */
  private static final int AT_ONCE = 64;

  /** A part of the work. */
  interface Order {
    void run() throws LinuxException;
  }

  private record Waiting(long bytes, Order order) {}

  private final Executor pool;

  /** Held by who does an order. Fair: else who helps might wait until nothing is left. */
  private final ReentrantLock turn = new ReentrantLock(true);

  // Guarded by this:
  private final Deque<Waiting> orders = new ArrayDeque<>();
  private long bytes;
  private boolean isCalled;
  private @Nullable LinuxException failure;

  WriteBehind(Executor pool) {
    this.pool = pool;
  }

  /**
   * Has it done soon; after a failure nothing is done any more.
   *
   * @param held how much content the order keeps in memory, in bytes
   * @throws LinuxException what an earlier order has met
   */
  void add(long held, Order order) throws LinuxException {
    boolean isToCall;
    synchronized (this) {
      check();
      orders.add(new Waiting(held, order));
      bytes += held;
      isToCall = !isCalled;
      isCalled = true;
    }
    if (isToCall) {
      pool.execute(this);
    }
    while (isFull()) {
      one();
    }
  }

  /**
   * Returns when all is done.
   *
   * @throws LinuxException what one of the orders has met
   */
  void finish() throws LinuxException {
    while (one()) {}
    check();
  }

  /** What was not begun is never done; returns when nothing is under way. */
  void drop() {
    forget();
    turn.lock(); // whoever has it is in an order
    turn.unlock();
  }

  @Override
  public void run() {
    for (int i = 0; i < AT_ONCE; i++) {
      if (isOver()) {
        return;
      }
      one();
    }
    pool.execute(this);
  }

  /** Does the oldest order; false when there is none. */
  private boolean one() {
    turn.lock();
    try {
      Waiting next = take();
      if (next == null) {
        return false;
      }
      next.order.run();
    } catch (LinuxException e) {
      failed(e);
    } finally {
      turn.unlock();
    }
    return true;
  }

  private synchronized @Nullable Waiting take() {
    Waiting next = orders.poll();
    bytes -= next == null ? 0 : next.bytes;
    return next;
  }

  private synchronized boolean isFull() {
    return orders.size() > ORDERS_MAX || bytes > BYTES_MAX;
  }

  private synchronized boolean isOver() {
    isCalled = !orders.isEmpty();
    return !isCalled;
  }

  private synchronized void check() throws LinuxException {
    if (failure != null) {
      throw failure;
    }
  }

  private synchronized void failed(LinuxException e) {
    failure = e;
    forget();
  }

  private synchronized void forget() {
    orders.clear();
    bytes = 0;
  }
}
