package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PathsTest {
  @Test
  void a_tree_is_walked_directory_by_directory() {
    List<String> walk =
        List.of("", "a\u0001", "a.b", "a", "a/b", "a/b/\u0001", "a/é", "ab", "é", "é/a", "éa");
    List<String> sorted = new ArrayList<>(walk.reversed());
    sorted.sort((one, other) -> Paths.compareInTree(Names.of(one), Names.of(other)));
    assertThat(sorted).isEqualTo(walk);
    for (String path : walk) {
      assertThat(Paths.compareInTree(Names.of(path), Names.of(path))).isZero();
    }
  }
}
