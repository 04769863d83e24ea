package dev.godwit.sync.copy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * How many of a target's names were removed, and when, within the time that counts for its share
 * (H27): in steps of ten seconds, about sixty of them. The target counts by one, and the controller
 * keeps another one, which outlives connections, pauses and the process.
 *
 * <p>Pure; times are System.nanoTime() and given by the caller: a clock on the wall that jumps
 * makes nothing forgotten. Not safe for threads.
 */
public final class RemovalWindow {
  /** Removals further back than this do not count any more. */
  public static final Duration LENGTH = Duration.ofMinutes(10);

  /** No window has more steps. */
  static final int STEPS_MAX = 64;

  /** More than any file system holds; their sums, and a hundred times those, fit. */
  public static final long NAMES_MAX = 1L << 40;

  private static final long STEP_NANOS = Duration.ofSeconds(10).toNanos();

  /**
   * Names that were removed one soon after the other.
   *
   * @param age how long ago the first of them was; never negative
   * @param names how many; at least one
   */
  public record Step(Duration age, long names) {}

  private record Bucket(long began, long count) {}

  /** The oldest at first. */
  private final Deque<Bucket> buckets = new ArrayDeque<>();

  private long removed;

  /**
   * @param before what was removed before, in any order
   */
  public RemovalWindow(List<Step> before, long now) {
    before.stream()
        .sorted(Comparator.comparing(Step::age).reversed())
        .forEach(step -> add(step.names(), now - step.age().toNanos()));
  }

  /** So many names are removed now, or as long ago as nothing later was. */
  public void add(long names, long now) {
    Bucket last = buckets.peekLast();
    Bucket to = last == null || now - last.began >= STEP_NANOS ? new Bucket(now, 0) : last;
    if (to == last) {
      buckets.removeLast();
    }
    long more = Math.min(names, NAMES_MAX - to.count);
    removed += more;
    buckets.addLast(new Bucket(to.began, to.count + more));
  }

  /** Forgets what does not count any more; returns how many names that were. */
  long forget(long now) {
    long before = removed;
    while (!buckets.isEmpty() && now - buckets.getFirst().began > LENGTH.toNanos()) {
      removed -= buckets.removeFirst().count;
    }
    return before - removed;
  }

  /** Forgets everything. */
  public void clear() {
    buckets.clear();
    removed = 0;
  }

  /** How many names, as of when {@link #forget} or {@link #steps} was called last. */
  long removed() {
    return removed;
  }

  /** What counts now; the oldest at first. */
  public List<Step> steps(long now) {
    var unused = forget(now);
    List<Step> steps = new ArrayList<>();
    for (Bucket one : buckets) {
      steps.add(new Step(Duration.ofNanos(Math.max(0, now - one.began)), one.count));
    }
    return steps;
  }
}
