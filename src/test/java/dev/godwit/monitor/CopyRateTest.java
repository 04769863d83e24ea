package dev.godwit.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The words of the rate. */
final class CopyRateTest {
  @Test
  void times_are_short() {
    assertThat(CopyRate.words(Duration.ofSeconds(119))).isEqualTo("119 s");
    assertThat(CopyRate.words(Duration.ofSeconds(120))).isEqualTo("2 min");
    assertThat(CopyRate.words(Duration.ofHours(3))).isEqualTo("3 h");
  }
}
