package dev.godwit.bench;

/**
 * How large the data sets are made.
 *
 * @param divisor numbers of files, and sizes of large files, are divided by this
 */
record Scale(int divisor) {
  static final Scale FULL = new Scale(1);

  /** To try the benchmark itself; its figures say nothing about speed. */
  static final Scale SMALL = new Scale(50);

  int count(int full) {
    return Math.max(1, full / divisor);
  }

  long bytes(long full) {
    return Math.max(1, full / divisor);
  }

  /** What is added to the names of files that depend on the scale. */
  String suffix() {
    return divisor == 1 ? "" : "-" + divisor;
  }
}
