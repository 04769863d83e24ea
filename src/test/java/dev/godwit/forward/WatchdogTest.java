package dev.godwit.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A loop that hangs is noticed within little more than a second, one that turns never. */
final class WatchdogTest {
  @Test
  void h50_bites_when_the_loop_hangs_while_it_matters() throws Exception {
    CountDownLatch bitten = new CountDownLatch(1);
    long start = System.nanoTime();
    Watchdog.start("test watchdog", () -> 42, () -> true, bitten::countDown);
    assertThat(bitten.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    assertThat((System.nanoTime() - start) / 1_000_000).isGreaterThan(900L);
  }

  @Test
  @Tag("lab")
  void does_not_bite_a_loop_that_turns_or_does_not_matter() throws Exception {
    CountDownLatch bitten = new CountDownLatch(1);
    AtomicLong turns = new AtomicLong();
    Watchdog turning = Watchdog.start("a", turns::incrementAndGet, () -> true, bitten::countDown);
    Watchdog idle = Watchdog.start("b", () -> 42, () -> false, bitten::countDown);
    assertThat(bitten.await(1500, TimeUnit.MILLISECONDS)).isFalse();
    turning.stop();
    idle.stop();
  }
}
