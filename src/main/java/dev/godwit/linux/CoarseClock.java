package dev.godwit.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The clock from which local file systems take the times of files (CLOCK_REALTIME_COARSE, see
 * clock_gettime(2)): it stands still between two ticks of the kernel. What is changed twice within
 * one tick has the same stamp twice. Safe for threads.
 */
public final class CoarseClock {
  private static final long CLOCK_GETTIME = Syscall.number(228, 113);
  private static final long CLOCK_GETRES = Syscall.number(229, 114);
  private static final int CLOCK_REALTIME_COARSE = 5;
  private static final int CLOCK_BOOTTIME = 7;

  /** A machine that is so busy cannot be waited for. */
  private static final int TRIES = 1000;

  private static final long TICK_NANOS = readTick();

  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

  private CoarseClock() {}

  /** The time of the last tick, in nanoseconds since 1970. */
  public static long nanos() {
    return read(CLOCK_GETTIME, CLOCK_REALTIME_COARSE);
  }

  /**
   * When the host was booted by this clock as it is set now, in nanoseconds since 1970. It is
   * another time after the clock was set, and after a boot, and is the same while it is kept right
   * bit by bit. Two ticks more or less are not told apart.
   */
  public static long bootedNanos() {
    long sinceBoot;
    long now;
    long after = read(CLOCK_GETTIME, CLOCK_BOOTTIME);
    int tries = 0;
    do { // until nothing else has run in between
      sinceBoot = after;
      now = nanos();
      after = read(CLOCK_GETTIME, CLOCK_BOOTTIME);
      tries++;
    } while (after - sinceBoot > TICK_NANOS && tries < TRIES);
    return now - sinceBoot;
  }

  /** Nanoseconds since the host was booted, with the time that it slept. */
  public static long sinceBootNanos() {
    return read(CLOCK_GETTIME, CLOCK_BOOTTIME);
  }

  /** The boot that {@link #sinceBootNanos} counts from, as random(4) names it: no other has it. */
  public static String bootId() throws IOException {
    return Files.readString(BOOT, StandardCharsets.US_ASCII).strip();
  }

  /** The time between two ticks, in nanoseconds: 1 to 10 ms, by how the kernel was built. */
  public static long tickNanos() {
    return TICK_NANOS;
  }

  /** A refusal (a sandbox) leaves the longest tick that kernels are built with. */
  private static long readTick() {
    long tick = read(CLOCK_GETRES, CLOCK_REALTIME_COARSE);
    return tick > 0 ? tick : TimeUnit.MILLISECONDS.toNanos(10);
  }

  private static long read(long call, int clock) {
    Scratch scratch = Scratch.get();
    if (Syscall.call(call, clock, scratch.structureAddress()) < 0) {
      return 0;
    }
    return scratch.structureWord(0) * 1_000_000_000 + scratch.structureWord(1);
  }
}
