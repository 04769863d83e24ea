package dev.godwit.sync.content;

/**
 * Which level a lane compresses with when the user named none: zstd's usual one, as with rsync, and
 * more on a line that is so slow that the processor has time for it. Pure: it is told what each
 * frame took. One thread at a time.
 */
public final class LevelControl {
  /** What zstd and rsync take by themselves. */
  public static final int USUAL = 3;

  /** Each takes about twice the time of the one before. */
  private static final int[] LEVELS = {USUAL, 5, 7, 9, 12};

  /** What is looked at together: enough for the window and the line to be in their stride. */
  private static final long BYTES_MIN = 4 << 20;

  private static final long NANOS_MIN = 500_000_000;

  /** The next level still leaves the line the slower one. */
  private static final int TIMES_SLOWER_TO_RAISE = 3;

  /** The level is what everything waits for. */
  private static final int TIMES_FASTER_TO_LOWER = 2;

  private int step;
  private long bytes;
  private long compressing;
  private long sending;

  /** The level for the next frames. */
  public int level() {
    return LEVELS[step];
  }

  /**
   * Takes note of a frame.
   *
   * @param length of the frame before it was compressed, in bytes
   * @param compressingNanos that it took to compress
   * @param sendingNanos that the line took to accept it
   */
  public void sent(int length, long compressingNanos, long sendingNanos) {
    bytes += length;
    compressing += Math.max(0, compressingNanos);
    sending += Math.max(0, sendingNanos);
    if (bytes < BYTES_MIN || compressing + sending < NANOS_MIN) {
      return;
    }
    if (sending >= TIMES_SLOWER_TO_RAISE * compressing && step < LEVELS.length - 1) {
      step++;
    } else if (compressing >= TIMES_FASTER_TO_LOWER * sending && step > 0) {
      step--;
    }
    bytes = 0;
    compressing = 0;
    sending = 0;
  }
}
