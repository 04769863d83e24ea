package dev.godwit.forward.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RangesTest {
  @Test
  void ports_that_follow_each_other_are_a_range_for_each_address() {
    assertThat(
            Ranges.display(
                List.of(
                    "127.0.0.1:9000",
                    "[::1]:9000",
                    "127.0.0.1:9001",
                    "[::1]:9001",
                    "[::1]:9002",
                    "127.0.0.1:9003",
                    "udp:*:53",
                    "unix:/run/a.sock",
                    "*:80")))
        .isEqualTo(
            "127.0.0.1:9000-9001, 127.0.0.1:9003, [::1]:9000-9002, udp:*:53, unix:/run/a.sock,"
                + " *:80");
    assertThat(Ranges.display(List.of("unix:/run/a:1", "unix:/run/a")))
        .isEqualTo("unix:/run/a:1, unix:/run/a");
  }

  @Test
  void ports_of_a_destination_too() {
    assertThat(new Target.Tcp("a", List.of(110, 993, 994, 995)).display())
        .isEqualTo("a:110,993-995");
    assertThat(new Target.Tcp("::1", List.of(80)).display()).isEqualTo("[::1]:80");
    assertThat(new Target.Tcp("a", List.of(81, 80)).display()).isEqualTo("a:81,80");
  }
}
