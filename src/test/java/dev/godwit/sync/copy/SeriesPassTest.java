package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(TestingPatience.TEST_SECONDS)
class SeriesPassTest extends TestingTwoTrees {
  @BeforeEach
  void madeTarget() {
    target = folder.resolve("made/target");
  }

  private TestingSeries.Once equalise() throws Exception {
    return TestingSeries.once(source, target);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void h4_random_trees_arrive_and_the_second_pass_has_nothing_to_do(long seed) throws Exception {
    TestingTrees.grow(source, new Random(seed), 300);
    TestingSeries.Once first = equalise();
    assertThat(first.problems()).as("seed %d", seed).isEmpty();
    assertEqual();

    TestingSeries.Once second = equalise();
    assertThat(second.problems()).isEmpty();
    assertThat(second.counters().filesSent()).isZero();
    assertThat(second.counters().filesApplied()).isZero();
    assertThat(second.counters().adjusted()).isZero();
    assertThat(second.counters().deleted()).isZero();
    assertEqual();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16})
  void h22_any_tree_becomes_any_other(long seed) throws Exception {
    Random random = new Random(seed);
    TestingTrees.grow(source, random, 200);
    TestingTrees.grow(Files.createDirectories(target), random, 200);
    TestingSeries.Once result = equalise();
    assertThat(result.problems()).as("seed %d", seed).isEmpty();
    assertEqual();
  }

  @Test
  void without_delete_nothing_is_removed() throws Exception {
    Files.writeString(source.resolve("new"), "new");
    Files.createDirectories(target.resolve("d"));
    Files.writeString(target.resolve("d/old"), "old");
    assertThat(TestingSeries.onceWithoutRemoval(source, target).isComplete()).isTrue();
    assertThat(target.resolve("new")).hasContent("new");
    assertThat(target.resolve("d/old")).hasContent("old");
  }

  @Test
  void h22_a_directory_with_content_is_not_replaced_without_delete() throws Exception {
    Files.writeString(source.resolve("x"), "file");
    Files.createDirectories(target.resolve("x"));
    Files.writeString(target.resolve("x/old"), "old");
    TestingSeries.Once result = TestingSeries.onceWithoutRemoval(source, target);
    assertThat(result.failures()).isEqualTo(1);
    assertThat(result.problems().getFirst().toString())
        .startsWith("target: x: cannot be copied here: Directory not empty");
    assertThat(target.resolve("x/old")).hasContent("old");
    assertThat(TestingTrees.run(target, "find", ".", "-name", ".godwit*")).isEmpty();
  }

  @Test
  void h29_excluded_names_are_neither_sent_nor_removed() throws Exception {
    Files.writeString(source.resolve("a.tmp"), "source");
    Files.createDirectories(source.resolve("logs"));
    Files.writeString(source.resolve("logs/1"), "source");
    Files.writeString(source.resolve("keep"), "source");
    Files.createDirectories(target.resolve("gone"));
    Files.writeString(target.resolve("gone/b.tmp"), "target");
    Files.writeString(target.resolve("gone/c"), "target");
    Files.writeString(target.resolve("d.tmp"), "target");
    TestingSeries.Once result = TestingSeries.once(source, target, "*.tmp", "/logs");
    assertThat(target.resolve("keep")).hasContent("source");
    assertThat(target.resolve("a.tmp")).doesNotExist();
    assertThat(target.resolve("logs")).doesNotExist();
    assertThat(target.resolve("d.tmp")).hasContent("target");
    // H35: the directory stays because of what is kept in it, and that is told.
    assertThat(target.resolve("gone/c")).doesNotExist();
    assertThat(target.resolve("gone/b.tmp")).hasContent("target");
    assertThat(result.problems()).as("as it was asked for").isEmpty();
  }

  @Test
  void h27_an_empty_source_removes_nothing() throws Exception {
    TestingTrees.grow(Files.createDirectories(target), new Random(7), 50);
    var before = TestingTrees.listing(target);
    TestingSeries.Once result = equalise();
    assertThat(result.isComplete()).isFalse();
    assertThat(result.problems().getFirst().cause()).contains("the source is empty");
    assertThat(TestingTrees.listing(target)).isEqualTo(before);
  }

  @Test
  void h10_links_stay_links_when_the_content_changes() throws Exception {
    Files.writeString(source.resolve("a"), "one");
    Files.createDirectories(source.resolve("d"));
    Files.createLink(source.resolve("d/b"), source.resolve("a"));
    equalise();
    assertEqual();
    Files.writeString(source.resolve("d/b"), "two two");
    equalise();
    assertEqual();
    // And become files of their own when they are.
    Files.delete(source.resolve("d/b"));
    Files.writeString(source.resolve("d/b"), "three");
    equalise();
    assertEqual();
  }

  @Test
  void a_large_directory_is_listed_in_batches() throws Exception {
    for (int i = 0; i < 3500; i++) {
      Files.writeString(source.resolve("f" + i), "");
    }
    equalise();
    for (int i = 0; i < 3500; i += 7) {
      Files.delete(source.resolve("f" + i));
    }
    TestingSeries.Once result = equalise();
    assertThat(result.counters().deleted()).isEqualTo(500);
    assertEqual();
  }

  @Test
  void h9_holes_stay_holes() throws Exception {
    TestingTrees.run(source, "truncate", "-s", "50000000", "all");
    TestingTrees.run(
        source,
        "sh",
        "-c",
        "printf x > some; truncate -s 9000001 some; printf y >> some; truncate -s 20000003 some");
    equalise();
    assertEqual();
    String blocks = TestingTrees.run(target, "du", "-sk", ".").split("\\s")[0];
    assertThat(Integer.parseInt(blocks)).isLessThan(1000);
  }

  @Test
  void one_copy_at_a_time_writes_to_a_tree() throws Exception {
    Files.createDirectories(target);
    try (var other =
        dev.godwit.linux.DirectoryHandle.open(dev.godwit.linux.Names.of(target.toString()))) {
      assertThat(other.tryLock()).isTrue();
      assertThatThrownBy(this::equalise)
          .hasMessageContaining(
              "another copy writes to this tree (process %d, `", ProcessHandle.current().pid());
    }
    equalise();
  }

  @Test
  void a_source_that_does_not_exist_is_told() {
    assertThatThrownBy(() -> TestingSeries.once(folder.resolve("none"), target))
        .hasMessageContaining("none: No such file or directory");
  }

  @Test
  void h14_what_a_killed_session_left_is_removed_and_nothing_else() throws Exception {
    Files.writeString(source.resolve("a"), "a");
    Files.createDirectories(target.resolve("d"));
    Files.createDirectories(source.resolve("d"));
    String left =
        new String(new TemporaryNames().next(), java.nio.charset.StandardCharsets.US_ASCII);
    Files.writeString(target.resolve("d").resolve(left), "half");
    String similar = ".godwit-0123456789abcdef0123456789abcdef";
    Files.writeString(target.resolve("d").resolve(similar), "mine");
    // Also without removal of other names.
    TestingSeries.onceWithoutRemoval(source, target);
    assertThat(target.resolve("d").resolve(left)).doesNotExist();
    assertThat(target.resolve("d").resolve(similar)).hasContent("mine");
    // And they are not carried on when the tree is a source itself.
    Files.writeString(source.resolve(left), "half");
    TestingSeries.onceWithoutRemoval(source, target);
    assertThat(target.resolve(left)).doesNotExist();
  }
}
