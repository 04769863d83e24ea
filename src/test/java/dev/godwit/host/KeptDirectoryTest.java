package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class KeptDirectoryTest {
  @Test
  void h57_what_a_reboot_would_empty_is_kept_elsewhere() {
    assertThat(KeptDirectory.of(Path.of("/run/godwit/demo")))
        .isEqualTo(Path.of("/var/lib/godwit/moves/demo"));
    assertThat(KeptDirectory.of(Path.of("/run/godwit/demo/services")))
        .isEqualTo(Path.of("/var/lib/godwit/moves/demo/services"));
  }

  @Test
  void what_is_elsewhere_stays_where_it_is() {
    for (String place : new String[] {"/run/godwit", "/run/user/1000/godwit/demo", "/tmp/x"}) {
      assertThat(KeptDirectory.of(Path.of(place))).isEqualTo(Path.of(place));
    }
  }

  @Test
  void h59_which_epochs_are_over_is_kept_beside_all_that_goes_with_the_move() {
    assertThat(KeptDirectory.ended(Path.of("/run/godwit/demo/services")))
        .contains(Path.of("/var/lib/godwit/epochs/demo"));
    assertThat(KeptDirectory.ended(Path.of("/tmp/x"))).isEmpty();
  }
}
