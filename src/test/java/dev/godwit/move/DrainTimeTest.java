package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long a drain may take, of which the plan says the most. */
final class DrainTimeTest {
  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  @Test
  void both_waits_together_take_no_longer_than_the_plan_says() {
    DrainTime first = DrainTime.of(millis(1000), millis(20_000));
    assertThat(first.limit()).isEqualTo(millis(1000));
    assertThat(first.after(millis(130), millis(19_000)).limit()).isEqualTo(millis(870));
    assertThat(first.after(millis(1002), millis(18_000)).limit()).isZero();
  }

  @Test
  void a_session_that_never_rests_leaves_time_to_switch() {
    DrainTime first = DrainTime.of(millis(30_000), millis(5000));
    assertThat(first.limit()).isEqualTo(millis(2500));
    assertThat(first.after(millis(130), millis(4000)).limit()).isEqualTo(millis(500));
    assertThat(first.after(millis(2500), millis(2400)).limit()).isZero();
  }
}
