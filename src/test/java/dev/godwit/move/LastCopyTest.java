package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How long the last copy of a cold database is said to take. */
final class LastCopyTest {
  private static final long MB = 1_000_000;
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static Rehearsal.Part part(long changed, long copied, Duration took) {
    return LastCopy.of(List.of("/srv/mysql"), changed, copied, took);
  }

  @Test
  void a_copy_that_was_large_enough_gives_the_rate() {
    Rehearsal.Part part = part(80 * MB, 20 * MB, Duration.ofMillis(800));
    assertThat(part.step()).isEqualTo("barrier");
    assertThat(part.length()).isEqualTo(Duration.ofSeconds(4));
    assertThat(part.basis()).isEqualTo(Rehearsal.Basis.GUESSED);
    assertThat(part.remark())
        .isEqualTo(
            "the last copy of /srv/mysql: 80.0 MB have changed in the last 10 minutes, at 20.0 MB/s as just measured");
  }

  @Test
  void a_small_one_says_nothing_about_the_line() {
    Rehearsal.Part part = part(200 * MB, MB, Duration.ofMillis(50));
    assertThat(part.length()).isEqualTo(Duration.ofSeconds(2));
    assertThat(part.remark()).endsWith("at 100.0 MB/s");
  }

  @Test
  void h70_it_is_never_shorter_than_the_copy_that_was_just_made() {
    assertThat(part(0, 20 * MB, SECOND).length()).isEqualTo(SECOND);
    assertThat(part(MB, 0, SECOND).length()).isEqualTo(SECOND);
  }
}
