package dev.godwit.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class IdMapTest {
  @Test
  void who_is_not_mapped_gets_the_number_that_has_become_free() {
    IdMap map = IdMap.of(Map.of(1L, 2L, 2L, 3L, 8L, 8L), Map.of(5L, 4_294_967_294L));
    assertThat(map.userText()).isEqualTo("1:2,2:3,3:1");
    assertThat(map.groupText()).isEqualTo("5:4294967294,4294967294:5");
    assertThat(map.user(7)).isEqualTo(7);
    assertThat(map.group(5)).isEqualTo(-2);
    assertThat(IdMap.of(Map.of(8L, 8L), Map.of()).isEmpty()).isTrue();
  }

  @Test
  void h11_any_map_leads_back_and_never_to_or_from_root() {
    Random random = new Random(11);
    for (int run = 0; run < 500; run++) {
      Map<Long, Long> users = new LinkedHashMap<>();
      Set<Long> used = new HashSet<>();
      for (int i = random.nextInt(8); i > 0; i--) {
        long to = 1L + random.nextInt(12);
        if (used.add(to)) {
          Long before = users.put(1L + random.nextInt(12), to);
          if (before != null) {
            used.remove(before);
          }
        }
      }
      IdMap map = IdMap.of(users, Map.of());
      assertThat(IntStream.range(0, 20).map(map::user).distinct().count()).isEqualTo(20);
      assertThat(map.user(0)).isZero();
      users.forEach(
          (from, to) -> assertThat(map.user((int) (long) from)).isEqualTo((int) (long) to));
      IntStream.range(0, 20)
          .forEach(id -> assertThat(map.inverse().user(map.user(id))).isEqualTo(id));
      assertThat(IdMap.parse(map.userText(), map.groupText())).isEqualTo(map);
    }
  }

  @Test
  void h11_what_has_no_way_back_is_refused() {
    refused(Map.of(1L, 2L, 3L, 2L), "would both become 2");
    refused(Map.of(0L, 2L), "0 is root");
    refused(Map.of(2L, 0L), "0 is root");
    refused(Map.of(2L, 4_294_967_295L), "no number");
    assertThatIllegalArgumentException().isThrownBy(() -> IdMap.parse("1:2,1:3", ""));
    assertThatIllegalArgumentException().isThrownBy(() -> IdMap.parse("*:2", ""));
    assertThatIllegalArgumentException().isThrownBy(() -> IdMap.parse("1:2,", ""));
  }

  private static void refused(Map<Long, Long> users, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IdMap.of(users, Map.of()))
        .withMessageContaining(why);
  }
}
