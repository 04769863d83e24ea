package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelTest {
  @ParameterizedTest
  @CsvSource({
    "6.13.0, true",
    "6.13, true",
    "6.12.94-rc1, false",
    "6.18.44-fc-v669, true",
    "7.0.1, true",
    "5.19.0-1-amd64, false",
    "2.6.32-754.el6, false",
    "unknown, false",
    "'', false",
  })
  void a_release_is_compared_by_its_numbers(String release, boolean isAtLeast) {
    assertThat(Kernel.isAtLeast(release, 6, 13)).isEqualTo(isAtLeast);
  }
}
