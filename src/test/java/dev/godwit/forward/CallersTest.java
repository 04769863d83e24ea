package dev.godwit.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is remembered when more have come than can be. */
final class CallersTest {
  private final Callers callers = new Callers();

  private static InetAddress address(int number) {
    return InetAddress.ofLiteral("10.%d.%d.1".formatted(number / 200, number % 200));
  }

  private void comeAndGo(int number) {
    assertThat(callers.come(address(number), 0)).isTrue();
    callers.gone(address(number));
  }

  private List<InetAddress> told() {
    return callers.list().stream().map(Callers.Seen::address).toList();
  }

  @Test
  void who_comes_is_remembered_however_many_came_before_and_however_long_one_stays() {
    assertThat(callers.come(address(0), 0)).isTrue(); // and stays
    for (int i = 1; i <= 2 * Callers.SEEN_MAX; i++) {
      comeAndGo(i);
    }
    assertThat(told())
        .hasSize(Callers.SEEN_MAX)
        .contains(address(2 * Callers.SEEN_MAX), address(Callers.SEEN_MAX * 3 / 2))
        .doesNotContain(address(1), address(Callers.SEEN_MAX));
    callers.gone(address(0));
    comeAndGo(1);
    assertThat(told()).contains(address(0), address(1)).doesNotContain(address(1001));
  }

  @Test
  void h51_those_who_are_turned_away_are_forgotten_although_somebody_stays() {
    assertThat(callers.come(address(0), 0)).isTrue();
    for (int i = 1; i <= 2 * Callers.SEEN_MAX; i++) {
      callers.turnedAway(address(i));
    }
    assertThat(callers.remembered()).isEqualTo(1 + Callers.SEEN_MAX);
    callers.turnedAway(address(0));
    assertThat(callers.remembered()).isEqualTo(1 + Callers.SEEN_MAX);
    assertThat(callers.list().getFirst())
        .extracting(Callers.Seen::open, Callers.Seen::total)
        .containsExactly(1, 2L);
  }

  @Test
  void an_address_has_no_more_open_than_it_may_and_is_counted_once() {
    assertThat(callers.come(address(1), 2)).isTrue();
    assertThat(callers.come(address(1), 2)).isTrue();
    assertThat(callers.come(address(1), 2)).isFalse();
    callers.gone(address(1));
    assertThat(callers.come(address(1), 2)).isTrue();
    callers.gone(address(1));
    callers.gone(address(1));
    assertThat(callers.list())
        .singleElement()
        .extracting(Callers.Seen::open, Callers.Seen::total)
        .containsExactly(0, 4L);
  }
}
