package dev.godwit.move;

import org.jspecify.annotations.Nullable;

/**
 * A person's wish that the switch under way be stopped, and until when it can be. One that comes
 * while it is prepared for, which is not interrupted, is obeyed when it would begin.
 *
 * <p>Threads: the wish comes from any; the rest is the controller's.
 */
final class Stopping {
  private @Nullable Thread worker;
  private boolean wished;
  private boolean isOver;

  /**
   * From now on this thread is interrupted by a wish.
   *
   * @throws InterruptedException when there was one before
   */
  synchronized void allow() throws InterruptedException {
    worker = Thread.currentThread();
    if (wished) {
      throw new InterruptedException("before it began");
    }
  }

  /**
   * Interrupts what is being done, or keeps it from being begun.
   *
   * @return whether it does: false after {@link #end}
   */
  synchronized boolean wish() {
    if (isOver) {
      return false;
    }
    wished = true;
    if (worker != null) {
      worker.interrupt();
    }
    return true;
  }

  /** Whether there was a wish, which may have come too late. */
  synchronized boolean isWished() {
    return wished;
  }

  /**
   * From now on a wish is refused; what comes next is not to be interrupted by one that was obeyed.
   *
   * @return whether there was one, at the first call
   */
  synchronized boolean end() {
    if (isOver) {
      return false;
    }
    isOver = true;
    if (wished && worker != null) {
      boolean unused = Thread.interrupted();
    }
    worker = null;
    return wished;
  }
}
