package dev.godwit.sync.copy;

import java.time.Duration;

/**
 * How many threads of a copy work at once: as many as the processors can use, and more as long as
 * they wait. A network file system answers each call after milliseconds, and then threads cost
 * nothing but wait side by side; on one disk they are in each other's way. So it is tried: twice as
 * many stay when they get clearly more done.
 *
 * <p>Not safe for threads.
 */
final class Depth {
  private static final int MOST = 32;

  /** Above this share of the processors, more threads are of no use. */
  private static final double BUSY = 0.5;

  /** Twice as many have to get so much more done. */
  private static final double WORTH = 1.2;

  /** In ticks, before a trial counts: the new threads have to get going. */
  private static final int SETTLING = 1;

  /** Measured so long, in ticks. */
  private static final int WINDOW = 2;

  /** After a trial in vain, in ticks. */
  private static final int PAUSE = 50;

  private final int processors;
  private final int least;
  private final int most;
  private int threads;
  private int ticks;

  /** More threads than {@link #proven} are being tried; what those got done is {@link #before}. */
  private boolean isTrial;

  private int proven;
  private double before;
  private long workAtStart;
  private Duration cpuAtStart = Duration.ZERO;
  private long nanosAtStart;
  private int pause;

  private Depth(int processors, int least, int most) {
    this.processors = processors;
    this.least = least;
    this.most = most;
    this.threads = least;
  }

  static Depth fixed(int threads) {
    return new Depth(1, threads, threads);
  }

  /**
   * @param least with which it begins
   */
  static Depth from(int least, int processors) {
    return new Depth(processors, least, Math.max(least, MOST));
  }

  int threads() {
    return threads;
  }

  boolean isFixed() {
    return least == most;
  }

  /**
   * Called several times a second.
   *
   * @param nanos of System.nanoTime()
   * @param work done since the beginning, in whatever measure
   * @param cpu processor time used since the beginning
   * @param isShort whether there is less to do than threads
   * @return how many threads are to work from now on
   */
  int tick(long nanos, long work, Duration cpu, boolean isShort) {
    if (isShort) {
      ticks = 0; // what is measured now says nothing
      takeBack(); // nor was a trial shown to be of use
      return threads;
    }
    if (pause > 0) {
      pause--;
      return threads;
    }
    int settling = isTrial ? SETTLING : 0;
    if (ticks == settling) {
      workAtStart = work;
      cpuAtStart = cpu;
      nanosAtStart = nanos;
    }
    if (ticks++ < settling + WINDOW) {
      return threads;
    }
    double elapsed = Math.max(1, nanos - nanosAtStart);
    double rate = (work - workAtStart) / elapsed;
    double busy = cpu.minus(cpuAtStart).toNanos() / elapsed / processors;
    decide(rate, busy);
    return threads;
  }

  private void decide(double rate, double busy) {
    ticks = 0;
    if (isTrial && rate < WORTH * before) {
      takeBack();
      pause = PAUSE;
      return;
    }
    isTrial = threads < most && busy < BUSY && rate > 0;
    if (isTrial) {
      before = rate;
      proven = threads;
      threads = Math.min(most, 2 * threads);
    }
  }

  private void takeBack() {
    if (isTrial) {
      isTrial = false;
      threads = proven;
    }
  }
}
