package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LinkGroupsTest {
  private final LinkGroups groups = new LinkGroups();

  private static FileStatus file(long inode, int links) {
    return new FileStatus(0100644, 0, 0, 0, 0, 0, 0, 0, 0, 0, inode, 0, 0, links, 0, 0, 0);
  }

  private void listed(String path, FileStatus status) {
    groups.listed(Names.of(path), status);
  }

  private List<String> left(String path, @Nullable FileStatus now) {
    return groups.left(Names.of(path), now).stream().map(Names::display).sorted().toList();
  }

  @Test
  void h10_a_name_that_is_another_file_now_was_perhaps_written_as_the_one_before() {
    listed("a", file(1, 2));
    listed("b", file(1, 2));
    assertThat(left("a", file(1, 2))).as("the same").isEmpty();
    assertThat(left("a", file(2, 1))).containsExactly("b");
    assertThat(left("a", file(2, 1))).as("told once").isEmpty();
    listed("a", file(1, 2));
    assertThat(left("a", null)).as("gone").containsExactly("b");
  }

  /** A look that was under way when the name was written and replaced has seen it already. */
  @Test
  void h10_it_is_told_also_when_somebody_has_listed_it_meanwhile() {
    listed("a", file(1, 2));
    listed("b", file(1, 2));
    listed("a", file(2, 1));
    assertThat(left("a", file(2, 1))).containsExactly("b");
    assertThat(left("a", file(2, 1))).as("told once").isEmpty();

    listed("a", file(3, 2));
    listed("c", file(3, 2));
    listed("a", file(4, 2));
    listed("d", file(4, 2));
    assertThat(left("a", null)).as("of all files that it was").containsExactly("c", "d");
  }

  @Test
  void a_name_that_stays_the_same_file_has_left_nobody() {
    listed("a", file(1, 2));
    listed("b", file(1, 2));
    listed("a", file(1, 1));
    assertThat(left("a", file(1, 1))).isEmpty();
  }
}
