package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.relay.Count;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class KeptDatagramsTest {
  private final Count count = new Count();
  private final AtomicLong all = new AtomicLong();
  private final KeptDatagrams<String> kept = new KeptDatagrams<>(count, all);

  private List<String> rest() {
    List<String> rest = new ArrayList<>();
    for (var one = kept.next(); one != null; one = kept.next()) {
      rest.add(one.client + one.bytes[0]);
    }
    return rest;
  }

  private static byte[] bytes(int first, int length) {
    byte[] bytes = new byte[length];
    bytes[0] = (byte) first;
    return bytes;
  }

  @Test
  void they_come_out_in_the_order_in_which_they_went_in() {
    kept.keep("a", bytes(1, 1));
    kept.keep("b", bytes(2, 1));
    kept.keep("a", bytes(3, 1));
    kept.keep("a", bytes(3, 1)); // equal, and yet another one
    assertThat(kept.count()).isEqualTo(4);
    assertThat(rest()).containsExactly("a1", "b2", "a3", "a3");
    assertThat(all).hasValue(0);
    assertThat(kept.count()).isZero();
    assertThat(kept.has("a")).isFalse();
    assertThat(count.errors()).isEmpty();
  }

  @Test
  void h51_of_one_client_the_newest_are_kept_and_the_others_counted() {
    kept.keep("b", bytes(99, 1));
    for (int i = 0; i < KeptDatagrams.EACH_MAX + 3; i++) {
      kept.keep("a", bytes(i, 1));
    }
    assertThat(kept.count()).isEqualTo(1 + KeptDatagrams.EACH_MAX);
    assertThat(rest()).startsWith("b99", "a3", "a4").endsWith("a" + (KeptDatagrams.EACH_MAX + 2));
    assertThat(count.errors())
        .containsExactly(
            java.util.Map.entry("dropped while held: newer ones of the same client", 3L));
  }

  @Test
  void h51_of_one_client_there_are_no_more_bytes_than_its_share() {
    kept.keep("a", bytes(1, 40_000));
    kept.keep("a", bytes(2, 20_000));
    kept.keep("a", bytes(3, 20_000));
    assertThat(rest()).containsExactly("a2", "a3");
    kept.keep("a", bytes(1, 1000));
    kept.keep("a", bytes(2, 65_507)); // the largest that there is
    assertThat(rest()).containsExactly("a2");
  }

  @Test
  void h51_all_together_there_are_no_more_bytes_than_the_bound() {
    KeptDatagrams<String> other = new KeptDatagrams<>(count, all);
    int each = 60_000 + KeptDatagrams.OVERHEAD_BYTES;
    int room = KeptDatagrams.ALL_BYTES_MAX / each;
    for (int i = 0; i < room + 5; i++) {
      (i % 2 == 0 ? kept : other).keep("c" + i, bytes(i, 60_000));
    }
    assertThat(kept.count() + other.count()).isEqualTo(room);
    assertThat(all.get()).isEqualTo((long) room * each);
    assertThat(kept.has("c" + (room + 4)) || other.has("c" + (room + 4))).isFalse();
    assertThat(count.errors())
        .containsExactly(
            java.util.Map.entry("dropped while held: the limit of all that is kept, 16 MiB", 5L));
    kept.keep("c0", bytes(7, 60_000)); // in place of its own
    assertThat(kept.count() + other.count()).isEqualTo(room);
    kept.drop("the group was closed");
    other.drop("the group was closed");
    assertThat(all).hasValue(0);
    assertThat(count.errors())
        .containsEntry("dropped while held: the group was closed", (long) room);
  }
}
