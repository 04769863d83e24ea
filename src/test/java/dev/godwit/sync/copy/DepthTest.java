package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** How many threads are used on devices of several kinds; all of it is counted, nothing waits. */
final class DepthTest {
  private static final long TICK_NANOS = 200_000_000;
  private static final int PROCESSORS = 2;

  /** What copies something: how much a second, and what share of the processors that takes. */
  private record Device(IntToDoubleFunction rate, IntToDoubleFunction busy) {}

  private static final Device FAR =
      new Device(threads -> 300.0 * threads, threads -> 0.002 * threads);
  private static final Device DISK =
      new Device(threads -> 900.0 / (1 + threads / 10.0), threads -> 0.1);
  private static final Device MEMORY =
      new Device(threads -> 20_000.0 * Math.min(threads, PROCESSORS), threads -> 0.9);

  private long nanos;
  private double work;
  private Duration cpu = Duration.ZERO;
  private int most;

  private int after(int ticks, Depth depth, Device device, boolean isShort) {
    for (int i = 0; i < ticks; i++) {
      int threads = depth.threads();
      nanos += TICK_NANOS;
      work += device.rate.applyAsDouble(threads) * TICK_NANOS / 1e9;
      double busyNanos = device.busy.applyAsDouble(threads) * PROCESSORS * TICK_NANOS;
      cpu = cpu.plusNanos((long) busyNanos);
      most = Math.max(most, depth.tick(nanos, (long) work, cpu, isShort));
    }
    return depth.threads();
  }

  @Test
  void threads_that_wait_for_a_network_become_more_up_to_a_bound() {
    assertThat(after(40, Depth.from(2, PROCESSORS), FAR, false)).isEqualTo(32);
    assertThat(most).isEqualTo(32);
  }

  @Test
  void what_gets_no_more_done_is_taken_back_and_not_tried_all_the_time() {
    Depth depth = Depth.from(2, PROCESSORS);
    int trials = 0;
    for (int i = 0; i < 200; i++) {
      int before = depth.threads();
      trials += after(1, depth, DISK, false) > before ? 1 : 0;
    }
    assertThat(depth.threads()).isEqualTo(2);
    assertThat(most).isEqualTo(4);
    assertThat(trials).isBetween(1, 5);
  }

  @Test
  void busy_processors_get_no_more_threads() {
    assertThat(after(200, Depth.from(2, PROCESSORS), MEMORY, false)).isEqualTo(2);
    assertThat(most).isEqualTo(2);
  }

  @Test
  void while_there_is_too_little_to_do_nothing_is_concluded() {
    Depth depth = Depth.from(2, PROCESSORS);
    assertThat(after(200, depth, FAR, true)).isEqualTo(2);
    assertThat(after(40, depth, FAR, false)).isEqualTo(32);
    assertThat(after(40, depth, FAR, true)).as("what was shown stays").isEqualTo(32);
  }

  @Test
  void a_trial_that_is_cut_short_is_no_proof() {
    Depth depth = Depth.from(2, PROCESSORS);
    while (depth.threads() == 2) {
      after(1, depth, FAR, false);
    }
    assertThat(after(1, depth, FAR, true)).isEqualTo(2);
  }

  @Test
  void where_order_counts_there_is_one() {
    Depth depth = Depth.fixed(1);
    assertThat(depth.isFixed()).isTrue();
    assertThat(after(200, depth, FAR, false)).isEqualTo(1);
  }
}
