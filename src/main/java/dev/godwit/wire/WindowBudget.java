package dev.godwit.wire;

/** The memory that all windows of one connection share. */
final class WindowBudget {
  private int left = Frame.WINDOW_BUDGET_BYTES;

  /** Up to {@code bytes}, as much as is left. */
  synchronized int take(int bytes) {
    int taken = Math.min(bytes, left);
    left -= taken;
    return taken;
  }

  synchronized void giveBack(int bytes) {
    left += bytes;
  }

  synchronized int left() {
    return left;
  }
}
