package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.PathText;
import dev.godwit.sync.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RetriesTest {
  private static final Problem FULL =
      new Problem(Problem.Side.TARGET, PathText.bytes("a"), "No space left on device", 28);

  private final Retries retries = new Retries();

  @Test
  void h24_a_failure_is_kept_until_a_later_look_succeeds() {
    assertThat(retries.failed("a", FULL, 0)).isEqualTo(Retries.FIRST_NANOS);
    retries.confirm(1);
    assertThat(retries.size()).isEqualTo(1);
    retries.looking(look("a"), 2);
    retries.confirm(1);
    assertThat(retries.size()).isEqualTo(1);
    retries.confirm(2);
    assertThat(retries.size()).isZero();
  }

  @Test
  void h24_the_delay_grows_up_to_a_limit() {
    long delay = 0;
    for (int generation = 1; generation < 20; generation++) {
      long next = retries.failed("a", FULL, 0);
      assertThat(next).isGreaterThanOrEqualTo(delay);
      delay = next;
      retries.looking(look("a"), generation);
    }
    assertThat(delay).isEqualTo(Retries.LONGEST_NANOS);
  }

  @Test
  void a_look_at_a_tree_above_is_a_look_at_the_path() {
    retries.failed("a/b/c", FULL, 0);
    retries.looking(Looks.of(List.of(new Looks.Path("a", Scope.TREE)), 0), 1);
    retries.confirm(1);
    assertThat(retries.size()).isZero();
  }

  private static Looks look(String path) {
    return Looks.of(List.of(new Looks.Path(path, Scope.NAME)), 0);
  }
}
