package dev.godwit.sync;

import java.util.List;

/**
 * How a source session works.
 *
 * @param excludes patterns as {@link Excludes} reads them
 * @param readers threads that read files, 1 to {@value #READERS_MAX}
 */
public record SourceOptions(List<String> excludes, int readers) {
  static final int READERS_MAX = 8;

  public SourceOptions {
    excludes = List.copyOf(excludes);
    if (readers < 1 || readers > READERS_MAX) {
      throw new IllegalArgumentException("readers: " + readers);
    }
  }

  /** Two to four readers, by the number of processors. */
  public static SourceOptions of(List<String> excludes) {
    int processors = Runtime.getRuntime().availableProcessors();
    return new SourceOptions(excludes, Math.clamp(processors, 2, 4));
  }
}
