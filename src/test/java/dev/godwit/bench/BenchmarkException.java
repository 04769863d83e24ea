package dev.godwit.bench;

import java.io.IOException;

/** The benchmark, not what it measures, cannot go on; the message says what is in the way. */
final class BenchmarkException extends IOException {
  private static final long serialVersionUID = 1;

  BenchmarkException(String message) {
    super(message);
  }
}
