package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** H21: which directory of the target is the copy of which of the source. */
@Timeout(60)
final class SeriesRenamesTest extends TestingTwoTrees {
  @BeforeEach
  void files() throws Exception {
    grow("d/1", "d/in/2", "e/f/3", "stays");
  }

  private TestingSeries equal() throws Exception {
    TestingSeries series = new TestingSeries(source, target);
    series.lookAll();
    assertThat(series.barrier().failures()).isZero();
    return series;
  }

  private static boolean follow(TestingSeries series, String from, String to) throws Exception {
    return series
        .source
        .renames()
        .follow(Names.of(from), Names.of(to), false, (is, note) -> note.run());
  }

  private static String copyOf(TestingSeries series, String path) {
    byte[] copy = series.source.renames().copyOf(Names.of(path));
    return copy == null ? "none" : new String(copy, java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void h21_a_copy_is_known_wherever_the_directory_is() throws Exception {
    try (TestingSeries series = equal()) {
      assertThat(copyOf(series, "d")).isEqualTo("d");
      TestingTrees.run(source, "mv", "d", "moved");
      assertThat(copyOf(series, "moved")).isEqualTo("d");
      assertThat(copyOf(series, "moved/in")).isEqualTo("d/in");
      assertThat(follow(series, "d", "moved")).isTrue();
      assertThat(copyOf(series, "moved/in")).isEqualTo("moved/in");
      assertThat(target.resolve("moved/in/2")).hasContent("d/in/2");
      // And again, with what is in it elsewhere.
      TestingTrees.run(source, "mv", "moved/in", "e/in");
      assertThat(follow(series, "moved/in", "e/in")).isTrue();
      assertThat(target.resolve("e/in/2")).hasContent("d/in/2");
      assertThat(follow(series, "d", "moved")).as("what is not there any more").isFalse();
    }
  }

  @Test
  void h21_what_was_looked_at_in_another_directory_is_no_copy_any_more() throws Exception {
    try (TestingSeries series = equal()) {
      TestingTrees.run(source, "sh", "-c", "mv d moved && mkdir d && echo other > d/1");
      series.lookNames("d", "1");
      assertThat(series.barrier().failures()).isZero();
      assertThat(target.resolve("d/1")).hasContent("other\n");
      assertThat(copyOf(series, "moved")).isEqualTo("none");
      assertThat(follow(series, "d", "moved")).isFalse();
      assertThat(series.source.renames().unknown(Names.of("d")))
          .anyMatch(path -> new String(path, java.nio.charset.StandardCharsets.UTF_8).equals("d"));
    }
  }

  @Test
  void h21_another_directory_that_was_made_under_the_name_is_no_copy() throws Exception {
    try (TestingSeries series = equal()) {
      TestingTrees.run(source, "sh", "-c", "rm -r d && mkdir -p d/in x && mv d x/d");
      assertThat(copyOf(series, "x/d")).isEqualTo("none");
      TestingTrees.run(source, "sh", "-c", "mv e y && touch e");
      series.lookNames("", "e");
      series.barrier();
      assertThat(copyOf(series, "y")).isEqualTo("none");
    }
  }

  @Test
  void h21_what_stands_under_the_new_name_is_exchanged_and_not_replaced() throws Exception {
    try (TestingSeries series = equal()) {
      TestingTrees.run(source, "sh", "-c", "mv e t && mv d e && mv t d");
      assertThat(copyOf(series, "e")).isEqualTo("d");
      assertThat(follow(series, "d", "e")).isTrue();
      assertThat(target.resolve("e/1")).hasContent("d/1");
      assertThat(target.resolve("d/f/3")).hasContent("e/f/3");
      assertThat(copyOf(series, "d")).isEqualTo("d");
      assertThat(copyOf(series, "d/f")).isEqualTo("d/f");
    }
  }
}
