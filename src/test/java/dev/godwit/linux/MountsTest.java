package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MountsTest {
  @Test
  void h25_what_is_mounted_below_a_directory() throws Exception {
    assertThat(Mounts.below("/")).containsKey("proc");
    assertThat(Mounts.below("/proc/nothing")).isEmpty();
    assertThat(Mounts.below("/pro")).isEmpty();
  }

  @Test
  void h4_names_of_places_are_bytes() {
    assertThat(Mounts.unescaped("/a\\040b\\134c")).isEqualTo("/a b\\c");
    assertThat(Mounts.unescaped("/plain")).isEqualTo("/plain");
    assertThat(Mounts.unescaped("/\\04")).isEqualTo("/\\04");
  }
}
