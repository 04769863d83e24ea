package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MirrorRowTest {
  @Test
  void a_percentile_is_a_figure_that_was_measured_and_the_worst_of_a_hundred_is_not_p99() {
    double[] hundred = IntStream.rangeClosed(1, 100).mapToDouble(i -> 101 - i).toArray();
    assertThat(MirrorRow.quantile(hundred, 50)).isEqualTo(50);
    assertThat(MirrorRow.quantile(hundred, 95)).isEqualTo(95);
    assertThat(MirrorRow.quantile(hundred, 99)).isEqualTo(99);
    assertThat(MirrorRow.quantile(new double[] {3, 1, 2}, 50)).isEqualTo(2);
    assertThat(MirrorRow.quantile(new double[] {3, 1, 2}, 99)).isEqualTo(3);
    assertThat(MirrorRow.quantile(new double[] {7}, 99)).isEqualTo(7);
  }
}
