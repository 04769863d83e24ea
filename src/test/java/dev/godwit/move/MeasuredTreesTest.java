package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.journal.Journal;
import dev.godwit.mirror.MirrorState;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of how much there is to copy. */
final class MeasuredTreesTest {
  private static FollowStatus.Tree tree(String path, MirrorState state, boolean wasEqual) {
    return new FollowStatus.Tree(
        path,
        state,
        "",
        3,
        100,
        300,
        false,
        100,
        wasEqual,
        0,
        0,
        "fanotify",
        0,
        0,
        Instant.EPOCH,
        List.of(),
        List.of());
  }

  private static FollowStatus status(MeasuredTrees measured, FollowStatus.Tree tree) {
    return new FollowStatus("/root/move.yaml", "", 7, Role.OLD, List.of(tree), List.of())
        .measured(measured);
  }

  @Test
  void the_first_copy_has_a_total_where_the_tree_was_measured(@TempDir Path folder)
      throws Exception {
    try (Journal journal = Journal.open(folder.resolve("x.journal"), Clock.systemUTC())) {
      assertThat(status(MeasuredTrees.of(journal), tree("/srv", MirrorState.COPYING, false)))
          .extracting(FollowStatus::isTotalKnown)
          .isEqualTo(false);
      MeasuredTrees.keep(journal, Map.of("/srv", 5_000L, "/small", 200L, "/odd\nname", 1L));
      MeasuredTrees measured = MeasuredTrees.of(journal);
      FollowStatus copying = status(measured, tree("/srv", MirrorState.COPYING, false));
      assertThat(copying.isTotalKnown()).isTrue();
      assertThat(copying.trees().getFirst().bytesTotal()).isEqualTo(5_000);
      // It has grown since.
      assertThat(
              status(measured, tree("/small", MirrorState.COPYING, false))
                  .trees()
                  .getFirst()
                  .bytesTotal())
          .isEqualTo(300);
      assertThat(status(measured, tree("/other", MirrorState.COPYING, false)).isTotalKnown())
          .isFalse();
      assertThat(copying.isCopying()).isTrue();
      assertThat(status(measured, tree("/srv", MirrorState.COPYING, true)).isCopying()).isFalse();
      for (FollowStatus.Tree other :
          List.of(tree("/srv", MirrorState.LIVE, true), tree("/srv", MirrorState.COPYING, true))) {
        assertThat(status(measured, other).trees()).containsExactly(other);
      }
    }
  }
}
