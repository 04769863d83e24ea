package dev.godwit.forward;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What the kernel's own words come to. */
final class LimitsTest {
  @Test
  void h51_ports_that_are_reserved_do_not_count() {
    assertThat(Limits.ports("32768\t60999", "")).isEqualTo(28_232);
    assertThat(Limits.ports("40000\t40009", "40003,40005-40006")).isEqualTo(7);
    assertThat(Limits.ports("40000\t40009", "8080,39000-40001")).isEqualTo(8);
    assertThat(Limits.ports("40000\t40000", "1-65535")).isZero();
  }

  @Test
  void h51_descriptors_are_for_half_as_many_as_there_are() {
    assertThat(Limits.guests("20000", 0)).isEqualTo(9_744);
    assertThat(Limits.guests("100", 0)).isEqualTo(16);
    assertThat(Limits.guests("unlimited", 2000)).isEqualTo(Limits.guests("1000000", 0));
  }

  @Test
  void h51_many_sockets_that_listen_leave_less_for_connections() {
    assertThat(Limits.guests("20000", 128)).isEqualTo(9_744);
    assertThat(Limits.guests("20000", 2128)).isEqualTo(8_744);
  }
}
