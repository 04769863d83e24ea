package dev.godwit.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExcludesTest {
  /** As with rsync's --exclude; docs/plan.md says so. */
  @Test
  void a_pattern_that_begins_with_a_plus_takes_in() throws Exception {
    List<String> patterns = List.of("+ /shop/keep", "/shop/*");
    assertThat(leftOut(patterns, "shop")).isFalse();
    assertThat(leftOut(patterns, "shop/keep")).isFalse();
    assertThat(leftOut(patterns, "shop/other")).isTrue();
    assertThat(leftOut(patterns, "shop/other/keep")).isTrue();
    assertThat(leftOut(List.of("/shop/*"), "shop/keep")).isTrue();
  }

  private static boolean leftOut(List<String> patterns, String path) throws Exception {
    return Excludes.leaveOut(patterns, Names.of("/srv"), Names.of(path));
  }
}
