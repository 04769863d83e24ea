package dev.godwit.sync;

import dev.godwit.sync.filter.FilterRule;
import java.util.List;

/**
 * How a source session works.
 *
 * @param filters as {@link Excludes} reads them
 * @param readers threads that read files, 1 to {@value #READERS_MAX}
 */
public record SourceOptions(List<FilterRule> filters, int readers) {
  static final int READERS_MAX = 8;

  public SourceOptions {
    filters = List.copyOf(filters);
    if (readers < 1 || readers > READERS_MAX) {
      throw new IllegalArgumentException("readers: " + readers);
    }
  }

  /** Two to four readers, by the number of processors. */
  public static SourceOptions of(List<FilterRule> filters) {
    int processors = Runtime.getRuntime().availableProcessors();
    return new SourceOptions(filters, Math.clamp(processors, 2, 4));
  }
}
