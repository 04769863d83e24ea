package dev.godwit.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class OverflowSpacingTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final OverflowSpacing spacing = new OverflowSpacing();

  @Test
  void h16_the_first_overflow_is_answered_at_once_and_the_next_one_later() {
    spacing.overflow(0);
    assertThat(spacing.isDue(0)).isTrue();
    spacing.emitted(0);
    assertThat(spacing.isPending()).isFalse();
    spacing.overflow(SECOND / 2);
    assertThat(spacing.isPending()).isTrue();
    assertThat(spacing.isDue(SECOND / 2)).isFalse();
    assertThat(spacing.isDue(SECOND)).isTrue();
  }

  @Test
  void h16_a_storm_leads_to_fewer_and_fewer_scans_and_a_quiet_time_ends_that() {
    int scans = 0;
    for (long now = 0; now < 600 * SECOND; now += SECOND / 10) {
      spacing.overflow(now);
      if (spacing.isDue(now)) {
        spacing.emitted(now);
        scans++;
      }
    }
    assertThat(scans).isBetween(10, 20);
    assertThat(spacing.count()).isEqualTo(scans);
    spacing.emitted(660 * SECOND);
    spacing.overflow(2000 * SECOND);
    spacing.emitted(2000 * SECOND);
    spacing.overflow(2000 * SECOND);
    assertThat(spacing.waitNanos(2000 * SECOND)).isLessThanOrEqualTo(2 * SECOND);
  }
}
