package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where files were before they were renamed, and in which order that is made use of. */
final class RenamedFilesTest {
  private static Looks names(String... paths) {
    return Looks.of(
        java.util.Arrays.stream(paths).map(path -> new Looks.Path(path, Scope.CONTENT)).toList(),
        0);
  }

  @Test
  void a_name_that_was_another_one_is_told_once() {
    RenamedFiles files = new RenamedFiles();
    files.renamed("new/x", "cur/x:2,S");
    files.renamed("cur/x:2,S", "cur/x:2,RS");
    assertThat(files.take(names("new/x"))).isEmpty();
    assertThat(files.take(names("cur/x:2,RS"))).isEqualTo(Map.of("cur/x:2,RS", "new/x"));
    assertThat(files.take(names("cur/x:2,RS"))).isEmpty();
  }

  /** The kernel tells the same when two exchange their names and when one goes there and back. */
  @Test
  void what_went_and_came_back_may_have_exchanged_its_name() {
    RenamedFiles files = new RenamedFiles();
    files.renamed("a", "b");
    files.renamed("b", "a");
    assertThat(files.take(names("a", "b"))).isEqualTo(Map.of("a", "b", "b", "a"));
    files.renamed("a", "b");
    files.renamed("b", "a");
    files.renamed("b", "c");
    assertThat(files.take(names("a", "b", "c"))).isEqualTo(Map.of("a", "b", "c", "a"));
  }

  @Test
  void a_name_that_was_left_again_waits_until_all_is_told() {
    RenamedFiles files = new RenamedFiles();
    files.renamed("a", "b");
    assertThat(files.take(names("b"))).isEqualTo(Map.of("b", "a"));
    assertThat(files.putBack("a", "b", 5, 4)).isTrue();
    assertThat(files.take(names("b"))).isEqualTo(Map.of("b", "a"));
    assertThat(files.putBack("a", "b", 6, 4)).isTrue();
    assertThat(files.take(names("b"))).isEqualTo(Map.of("b", "a"));
    assertThat(files.putBack("a", "b", 7, 5)).isFalse();
    files.renamed("b", "c");
    assertThat(files.take(names("c"))).isEqualTo(Map.of("c", "b"));
  }

  @Test
  void what_was_told_while_it_was_looked_for_goes_on_from_the_first_name() {
    RenamedFiles files = new RenamedFiles();
    files.renamed("a", "b");
    assertThat(files.take(names("b"))).isEqualTo(Map.of("b", "a"));
    files.renamed("b", "c");
    assertThat(files.putBack("a", "b", 1, 0)).isTrue();
    assertThat(files.take(names("b", "c"))).isEqualTo(Map.of("c", "a"));
  }

  @Test
  void names_in_trees_are_told_with_the_tree_and_none_with_everything() {
    RenamedFiles files = new RenamedFiles();
    files.renamed("a", "made/in/a");
    files.renamed("b", "c");
    Looks tree = Looks.of(List.of(new Looks.Path("made", Scope.NEW_TREE)), 0);
    assertThat(files.take(tree)).isEqualTo(Map.of("made/in/a", "a"));
    var unused = files.take(Looks.of(List.of(new Looks.Path("", Scope.TREE)), 0));
    assertThat(files.take(names("b", "c"))).isEmpty();
  }

  @Test
  void a_directory_that_is_renamed_takes_its_names_along() {
    RenamedFiles files = new RenamedFiles();
    files.renamed("d/a", "d/b");
    files.renamed("e/a", "x");
    files.moved("d", "e", true);
    assertThat(files.take(names("e/b", "x"))).isEqualTo(Map.of("e/b", "e/a", "x", "d/a"));
  }

  @Test
  void a_name_that_another_one_takes_comes_first() {
    assertThat(
            RenameSteps.of(
                    Map.of("log.3", "log.2", "log.2", "log.1", "log.1", "log", "cur/x", "new/x"))
                .steps())
        .isEqualTo(
            List.of(
                Map.of("log.3", "log.2", "cur/x", "new/x"),
                Map.of("log.2", "log.1"),
                Map.of("log.1", "log")));
  }

  @Test
  void in_a_circle_names_are_exchanged_and_the_last_one_is_right_then() {
    Map<String, String> circles = new LinkedHashMap<>();
    circles.put("a", "b");
    circles.put("b", "c");
    circles.put("c", "a");
    circles.put("x", "y");
    circles.put("y", "x");
    circles.put("q", "p");
    RenameSteps steps = RenameSteps.of(circles);
    assertThat(steps.steps())
        .isEqualTo(List.of(Map.of("a", "b", "x", "y", "q", "p"), Map.of("b", "c")));
    assertThat(circles.keySet().stream().filter(steps::isExchanged))
        .containsExactlyInAnyOrder("a", "b", "c", "x", "y");
  }

  @Test
  void a_name_that_two_came_from_is_given_to_one_of_them() {
    Map<String, String> both = new LinkedHashMap<>();
    both.put("a", "x");
    both.put("b", "x");
    RenameSteps steps = RenameSteps.of(both);
    assertThat(steps.steps()).isEqualTo(List.of(Map.of("b", "x")));
    assertThat(steps.isExchanged("a")).isFalse();
  }
}
