package dev.godwit.bench;

import java.util.Arrays;

/** The middle of some figures, and how far they lie apart. */
record Spread(double median, double lowest, double highest, int count) {
  static Spread of(double... figures) {
    if (figures.length == 0) {
      return new Spread(Double.NaN, Double.NaN, Double.NaN, 0);
    }
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
  }
}
