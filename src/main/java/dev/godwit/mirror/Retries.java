package dev.godwit.mirror;

import dev.godwit.sync.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The paths whose last look failed. A failure is forgotten only after a later look at the same path
 * has come to its end without one (H24). Pure; times are System.nanoTime(). Not safe for threads.
 */
final class Retries {
  static final long FIRST_NANOS = Duration.ofMillis(250).toNanos();
  static final long LONGEST_NANOS = Duration.ofSeconds(30).toNanos();

  /** More failures than this are one: everything is looked at again. */
  static final int PATHS_MAX = 1000;

  private static final class Failing {
    final long since;
    Problem problem;
    long pause = FIRST_NANOS;
    boolean waiting = true;
    long generation;

    Failing(Problem problem, long since) {
      this.problem = problem;
      this.since = since;
    }
  }

  private final Map<String, Failing> failing = new LinkedHashMap<>();

  /**
   * A look failed.
   *
   * @return how long to wait before the next one, in nanoseconds
   */
  long failed(String path, Problem problem, long now) {
    Failing known = failing.get(path);
    if (known == null) {
      failing.put(path, new Failing(problem, now));
      return FIRST_NANOS;
    }
    known.problem = problem;
    if (!known.waiting) {
      known.pause = Math.min(2 * known.pause, LONGEST_NANOS);
      known.waiting = true;
    }
    return known.pause;
  }

  boolean isFull() {
    return failing.size() >= PATHS_MAX;
  }

  boolean has(String path) {
    return failing.containsKey(path);
  }

  /** These looks are made now, as part of this generation. */
  void looking(Looks looks, long generation) {
    if (failing.isEmpty()) {
      return;
    }
    failing.forEach(
        (path, one) -> {
          if (one.waiting && looks.covers(path)) {
            one.waiting = false;
            one.generation = generation;
          }
        });
  }

  /** All looks up to this generation have ended; their failures were told before. */
  void confirm(long generation) {
    failing.values().removeIf(one -> !one.waiting && one.generation <= generation);
  }

  /** Makes every path due. */
  List<String> paths() {
    return new ArrayList<>(failing.keySet());
  }

  List<Problem> problems(int max) {
    return failing.values().stream().limit(max).map(one -> one.problem).toList();
  }

  /** When the oldest failure was first told of; {@code otherwise} when there is none. */
  long since(long otherwise) {
    return failing.values().stream().mapToLong(one -> one.since).reduce(otherwise, Math::min);
  }

  int size() {
    return failing.size();
  }
}
