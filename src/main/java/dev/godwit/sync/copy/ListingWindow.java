package dev.godwit.sync.copy;

/**
 * How much is listed and not done yet: bounds the memory of both sides. The source waits for room
 * here; the target counts in the same way and refuses what is beyond. Any thread.
 */
final class ListingWindow {
  /**
   * For all open listings together; a larger one goes alone. In bytes, roughly: 25,000 names, as
   * many as a line with a delay of 100 ms takes at 250,000 a second.
   */
  static final long COST_MAX = 8 << 20;

  /** Each open directory may take a descriptor on the target. */
  static final int DIRECTORIES_MAX = 1024;

  static final int DIRECTORY_COST = 512;
  private static final int ENTRY_COST = 320;

  private int directories;
  private long open;
  private boolean closed;

  static int cost(SourceEntry entry) {
    return ENTRY_COST + entry.name().length + entry.linkText().length;
  }

  static long cost(Listing listing) {
    long cost = DIRECTORY_COST;
    for (SourceEntry entry : listing.entries()) {
      cost += cost(entry);
    }
    return cost;
  }

  /**
   * Waits for room.
   *
   * @return false when closed
   */
  synchronized boolean open(long cost) throws InterruptedException {
    while (!closed && open > 0 && (directories >= DIRECTORIES_MAX || open + cost > COST_MAX)) {
      wait();
    }
    directories++;
    open += cost;
    return !closed;
  }

  synchronized void done(long cost) {
    directories--;
    open -= cost;
    notifyAll();
  }

  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
