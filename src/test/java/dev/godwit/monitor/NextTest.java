package dev.godwit.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.move.Phase;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NextTest {
  @Test
  void a_start_that_failed_on_the_way_is_given_again() {
    assertThat(next(false)).isEqualTo("Next: godwit check, then godwit start.");
    assertThat(next(true))
        .isEqualTo("Next: godwit start goes on with it, godwit finish --abandon gives it up.");
  }

  private static String next(boolean isBegun) {
    return MoveStatus.next(Phase.PLANNED, false, isBegun, false, Optional.empty(), false);
  }
}
