package dev.godwit.sync;

/** How much is under way between the two sides: bounds the memory of both. For any thread. */
final class Window {
  private int batches;
  private int entries;
  private boolean closed;

  /**
   * Waits for room for one more batch.
   *
   * @return false when closed
   */
  synchronized boolean open(int count) throws InterruptedException {
    while (!closed
        && batches > 0
        && (batches >= Protocol.OPEN_BATCHES_MAX || entries + count > Protocol.OPEN_ENTRIES_MAX)) {
      wait();
    }
    batches++;
    entries += count;
    return !closed;
  }

  synchronized void done(int count) {
    batches--;
    entries -= count;
    notifyAll();
  }

  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
