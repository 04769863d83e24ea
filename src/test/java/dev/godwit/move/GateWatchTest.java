package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Gates are asked for as long as the process with the mirrors runs. */
final class GateWatchTest {
  @Test
  void h50_a_gate_is_asked_again_after_a_host_that_does_not_answer_and_after_a_defect() {
    List<Role> asked = new ArrayList<>();
    GateWatch watch =
        new GateWatch(
            role -> {
              asked.add(role);
              switch (asked.size()) {
                case 1 -> throw new IOException("on old: no route to host");
                case 2 -> throw new IllegalStateException("a defect");
                default -> {}
              }
            },
            Duration.ZERO,
            Duration.ZERO,
            () -> asked.size() == 4);
    watch.keepAsking(Role.OLD);
    assertThat(asked).hasSize(4).containsOnly(Role.OLD);
  }
}
