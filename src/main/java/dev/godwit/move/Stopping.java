package dev.godwit.move;

import org.jspecify.annotations.Nullable;

/**
 * A person's wish that the switch under way be stopped, and until when it can be.
 *
 * <p>Threads: the wish comes from any; the rest is the controller's.
 */
final class Stopping {
  private @Nullable Thread worker;
  private boolean wished;

  /** From now on this thread is interrupted by a wish. */
  synchronized void allow() {
    worker = Thread.currentThread();
    wished = false;
  }

  /**
   * Interrupts what is being done.
   *
   * @return whether anything was: false before {@link #allow} and after {@link #end}
   */
  synchronized boolean wish() {
    if (worker == null) {
      return false;
    }
    wished = true;
    worker.interrupt();
    return true;
  }

  /**
   * From now on a wish is refused; what comes next is not to be interrupted by one that was obeyed.
   *
   * @return whether there was one
   */
  synchronized boolean end() {
    if (worker == null) {
      return false;
    }
    worker = null;
    if (wished) {
      boolean unused = Thread.interrupted();
    }
    return wished;
  }
}
