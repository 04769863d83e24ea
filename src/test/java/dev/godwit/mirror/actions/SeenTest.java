package dev.godwit.mirror.actions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.FileStatus;
import org.junit.jupiter.api.Test;

/** H19: a file that changed just before it was looked at may change again within its stamp. */
final class SeenTest {
  private static final long SECOND_NANOS = 1_000_000_000;

  private static boolean isFresh(long seconds, int nanos, long laterNanos) {
    FileStatus status = new FileStatus(0, 0, 0, 0, 0, 0, 0, 0, seconds, nanos, 0, 0, 0, 0, 0, 0, 0);
    return Seen.of(status, seconds * SECOND_NANOS + nanos + laterNanos).isFresh();
  }

  @Test
  void h19_a_stamp_of_whole_seconds_is_fresh_for_its_second() {
    assertThat(isFresh(1000, 0, 0)).isTrue();
    assertThat(isFresh(1000, 0, SECOND_NANOS)).isTrue();
    assertThat(isFresh(1000, 0, SECOND_NANOS + Seen.TICK_NANOS - 1)).isTrue();
    assertThat(isFresh(1000, 0, SECOND_NANOS + Seen.TICK_NANOS)).isFalse();
  }

  @Test
  void h19_another_stamp_is_fresh_for_a_tick_of_the_clock() {
    assertThat(isFresh(1000, 1, Seen.TICK_NANOS - 1)).isTrue();
    assertThat(isFresh(1000, 1, Seen.TICK_NANOS)).isFalse();
    assertThat(isFresh(1000, 1, SECOND_NANOS)).isFalse();
  }
}
