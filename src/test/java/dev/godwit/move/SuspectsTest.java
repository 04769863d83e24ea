package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.Difference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SuspectsTest {
  private static Difference seen(String path, int state) {
    byte[] bytes = path.getBytes(StandardCharsets.ISO_8859_1);
    return new Difference(bytes, "content", new byte[] {(byte) state}, List.of());
  }

  private static List<String> names(List<Difference> differences) {
    return differences.stream().map(Difference::shownPath).toList();
  }

  @Test
  void h23_what_stays_as_it_is_differs() {
    Suspects suspects = new Suspects(List.of(seen("a", 1), seen("b", 1)));
    for (int i = 0; i < 2; i++) {
      assertThat(suspects.isSettled()).isFalse();
      assertThat(suspects.differing()).isEmpty();
      suspects.lookedAgain(List.of(seen("a", 1), seen("b", 1)));
    }
    assertThat(suspects.isSettled()).isTrue();
    assertThat(names(suspects.differing())).containsExactly("a", "b");
  }

  @Test
  void what_was_on_its_way_does_not() {
    Suspects suspects = new Suspects(List.of(seen("a", 1), seen("b", 1)));
    suspects.lookedAgain(List.of(seen("a", 1)));
    assertThat(names(suspects.all())).containsExactly("a");
    suspects.lookedAgain(List.of());
    assertThat(suspects.isSettled()).isTrue();
    assertThat(suspects.differing()).isEmpty();
    assertThat(suspects.changing()).isEmpty();
  }

  @Test
  void what_is_in_another_state_each_time_is_neither() {
    Suspects suspects = new Suspects(List.of(seen("log", 0)));
    for (int i = 1; i < 9; i++) {
      suspects.lookedAgain(List.of(seen("log", i / 2)));
      assertThat(names(suspects.changing())).containsExactly("log");
    }
    suspects.lookedAgain(List.of(seen("log", 4)));
    suspects.lookedAgain(List.of(seen("log", 4)));
    assertThat(names(suspects.differing())).containsExactly("log");
  }
}
