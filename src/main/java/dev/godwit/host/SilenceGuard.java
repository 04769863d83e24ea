package dev.godwit.host;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ends something that blocks (a read from a pipe cannot be given a time limit) when nothing was
 * heard for too long.
 */
final class SilenceGuard implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final long limitNanos;
  private long heardAt = System.nanoTime();
  private boolean closed;
  private boolean over;

  /**
   * @param end called once, on the guard's thread, when the silence was too long
   */
  SilenceGuard(Duration limit, Runnable end, String what) {
    limitNanos = limit.toNanos();
    Thread.ofPlatform()
        .daemon()
        .name("godwit limit of " + what)
        .start(
            () -> {
              if (isTooSilent()) {
                end.run();
              }
            });
  }

  void heard() {
    lock.lock();
    try {
      heardAt = System.nanoTime();
    } finally {
      lock.unlock();
    }
  }

  boolean isOver() {
    lock.lock();
    try {
      return over;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private boolean isTooSilent() {
    lock.lock();
    try {
      long left = limitNanos;
      while (!closed && left > 0) {
        changed.awaitNanos(left);
        left = limitNanos - (System.nanoTime() - heardAt);
      }
      over = !closed;
      return over;
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }
}
