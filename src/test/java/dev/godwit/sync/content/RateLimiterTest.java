package dev.godwit.sync.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Goes on only when somebody sleeps. */
  private static final class TestingClock implements RateLimiter.Clock {
    long nanos = Long.MAX_VALUE - SECOND; // runs over while it is used, as it may
    long slept;
    Runnable whenSlept = () -> {};

    @Override
    public synchronized long nanos() {
      return nanos;
    }

    @Override
    public synchronized void sleep(long wait) {
      nanos += wait;
      slept += wait;
      whenSlept.run();
    }
  }

  private final TestingClock clock = new TestingClock();

  @Test
  void no_limit_never_waits() throws Exception {
    RateLimiter limiter = new RateLimiter(0, clock);
    limiter.take(Integer.MAX_VALUE);
    assertThat(clock.slept).isZero();
    assertThat(limiter.piece(1 << 20)).isEqualTo(1 << 20);
  }

  @Test
  void the_rate_is_kept() throws Exception {
    RateLimiter limiter = new RateLimiter(1 << 20, clock);
    for (int i = 0; i < 1000; i++) {
      limiter.take(limiter.piece(64 << 10));
    }
    double seconds = 1000 * 64 / 1024.0;
    assertThat(clock.slept / (double) SECOND).isBetween(seconds - 0.2, seconds);
  }

  @Test
  void what_was_not_used_is_lost_but_for_a_tenth_of_a_second() throws Exception {
    RateLimiter limiter = new RateLimiter(1000, clock);
    limiter.take(100);
    assertThat(clock.slept).isZero();
    clock.nanos += 3600 * SECOND;
    limiter.take(1100);
    assertThat(clock.slept).isEqualTo(SECOND);
  }

  @Test
  void h84_a_clock_that_jumps_stops_nobody() throws Exception {
    RateLimiter limiter = new RateLimiter(1000, clock);
    limiter.take(1000);
    long before = clock.slept;
    clock.nanos -= 3600 * SECOND;
    limiter.take(1000);
    clock.nanos -= 3600 * SECOND;
    limiter.take(1000);
    clock.nanos += 24 * 3600 * SECOND;
    limiter.take(1000);
    assertThat(clock.slept - before).isBetween(2 * SECOND, 3 * SECOND + SECOND / 10);
  }

  /** Who waits for an hour at the rate of before does not wait for it to its end. */
  @Test
  void another_rate_is_in_force_at_once() throws Exception {
    RateLimiter limiter = new RateLimiter(1000, clock);
    clock.whenSlept = () -> limiter.rate(1_000_000);
    limiter.take(3_600_000);
    assertThat(clock.slept).isLessThan(SECOND);
    clock.whenSlept = () -> {};
    long before = clock.slept;
    limiter.take(2_000_000);
    assertThat(clock.slept - before).isBetween(2 * SECOND - SECOND / 10, 2 * SECOND);
    limiter.rate(0);
    limiter.take(Integer.MAX_VALUE);
    assertThat(clock.slept - before).isLessThanOrEqualTo(2 * SECOND);
  }

  @Test
  void pieces_follow_the_rate() {
    assertThat(new RateLimiter(1024, clock).piece(1 << 20)).isEqualTo(1024);
    assertThat(new RateLimiter(1 << 20, clock).piece(1 << 20)).isEqualTo((1 << 20) / 10);
    assertThat(new RateLimiter(1L << 40, clock).piece(1 << 20)).isEqualTo(1 << 20);
    assertThat(new RateLimiter(1, clock).piece(10)).isEqualTo(10);
  }

  @Test
  void senders_share_one_rate() throws Exception {
    RateLimiter limiter = new RateLimiter(10 << 20);
    List<Thread> senders = new ArrayList<>();
    long begin = System.nanoTime();
    for (int i = 0; i < 4; i++) {
      senders.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int k = 0; k < 16; k++) {
                        limiter.take(64 << 10);
                      }
                    } catch (InterruptedException e) {
                      throw new AssertionError(e);
                    }
                  }));
    }
    for (Thread sender : senders) {
      sender.join();
    }
    // 4 MiB at 10 MiB/s, of which a tenth of a second goes at once
    assertThat((System.nanoTime() - begin) / (double) SECOND).isGreaterThan(0.29);
  }
}
