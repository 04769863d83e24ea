package dev.godwit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * How long a test waits for what has to come: the limit is there so that nobody waits for ever, and
 * is no statement about how long something takes.
 */
public final class TestingPatience {
  /** Longer than anything takes in here, also where a disk stands still for a while. */
  public static final Duration LIMIT = Duration.ofMinutes(2);

  /** The same for a socket that is read. */
  public static final int MILLIS = (int) LIMIT.toMillis();

  /** For a whole test, which may wait more than once. */
  public static final int TEST_SECONDS = 300;

  private static final int PAUSE_MILLIS_MAX = 20;

  private TestingPatience() {}

  /** Waits until it is so; the line that has called it says what was to come. */
  public static void await(Callable<Boolean> isSo) throws Exception {
    await("what was to come", isSo);
  }

  /** Waits until it is so. */
  public static void await(String what, Callable<Boolean> isSo) throws Exception {
    await(() -> what, isSo);
  }

  /**
   * Waits until it is so.
   *
   * @param what asked for when it did not come, to tell how things are then
   */
  public static void await(Callable<String> what, Callable<Boolean> isSo) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    boolean isLast = false;
    for (int millis = 1; !isSo.call(); millis = Math.min(millis + 1, PAUSE_MILLIS_MAX)) {
      if (isLast) {
        throw new AssertionError("waited too long for " + what.call());
      }
      Thread.sleep(millis);
      isLast = System.nanoTime() - end >= 0; // the look that follows began after the limit
    }
  }

  /** What comes of it. */
  public static <T> T get(Future<T> future) throws Exception {
    return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }
}
