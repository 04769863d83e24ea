package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineShareTest {
  @Test
  void what_copies_gets_most_of_it() {
    assertThat(LineShare.parts(18_000, List.of(true, false, false)))
        .containsExactly(16_000L, 1_000L, 1_000L);
    assertThat(LineShare.parts(18_000, List.of(false, false))).containsExactly(9_000L, 9_000L);
  }

  @Test
  void without_a_limit_nobody_has_one() {
    assertThat(LineShare.parts(0, List.of(true, false))).containsExactly(0L, 0L);
  }

  @Test
  void all_together_never_get_more() {
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      List<Boolean> copying = new ArrayList<>();
      for (int j = random.nextInt(20); j >= 0; j--) {
        copying.add(random.nextBoolean());
      }
      long limit = 1024 + random.nextLong(1L << random.nextInt(11, 50));
      List<Long> parts = LineShare.parts(limit, copying);
      assertThat(parts).allMatch(part -> part > 0);
      assertThat(parts.stream().mapToLong(Long::longValue).sum()).isBetween(1L, limit);
    }
  }
}
