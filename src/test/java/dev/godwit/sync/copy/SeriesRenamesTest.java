package dev.godwit.sync.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** H21: which directory of the target is the copy of which of the source. */
@Timeout(TestingPatience.TEST_SECONDS)
final class SeriesRenamesTest extends TestingTwoTrees {
  /** Of a rename that shall come while a look is under way. */
  private static final int IN_TIME_ROUNDS = 20;

  private static final int AWAY_ROUNDS = 500;
  private static final int MANY = 2000;
  private static final int AWAY_NANOS_MAX = 1_000_000;

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
        .follow(
            Names.of(from),
            Names.of(to),
            false,
            new SeriesRenames.Patience(),
            (is, note) -> note.run());
  }

  private static String copyOf(TestingSeries series, String path) {
    byte[] copy = series.source.renames().copyOf(Names.of(path));
    return copy == null ? "none" : new String(copy, UTF_8);
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
          .anyMatch(path -> new String(path, UTF_8).equals("d"));
    }
  }

  /**
   * A look at a name in a directory does not find that; when it looks at the directory's name once
   * more, it is back. How often the one falls between the other is chance.
   */
  @Test
  void h21_what_was_away_while_a_name_in_it_was_looked_at_is_no_copy_any_more() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Path directory = source.resolve("d");
    Path away = source.resolveSibling("away");
    try (TestingSeries series = equal()) {
      for (int round = 0; round < AWAY_ROUNDS; round++) {
        Files.move(directory, away);
        Files.delete(away.resolve("1"));
        series.lookNames("d", "1");
        LockSupport.parkNanos(random.nextInt(AWAY_NANOS_MAX));
        Files.move(away, directory);
        assertThat(series.barrier().failures()).isZero();
        boolean isEqual = !Files.exists(target.resolve("d/1"));
        assertThat(isEqual || copyOf(series, "d").equals("none"))
            .as("round %d, seed %d", round, seed)
            .isTrue();
        Files.writeString(directory.resolve("1"), "round " + round);
        series.lookNewTree("d");
        assertThat(series.barrier().failures()).isZero();
        assertThat(copyOf(series, "d")).isEqualTo("d");
      }
    }
  }

  /**
   * A directory is renamed while it is looked at. What of it did not come to the target any more is
   * told: by its own name, or with all that is in a directory above it. The name of that alone
   * would not do: a directory that the target has got already is only given its attributes.
   */
  @Test
  void h21_what_could_not_be_entered_after_a_rename_is_left_out_with_all_in_it() throws Exception {
    boolean wasInTime = false;
    for (int round = 0; round < IN_TIME_ROUNDS && !wasInTime; round++) {
      wasInTime = isRenamedInTime("look" + round);
    }
    assertThat(wasInTime).as("a rename before the end of the look").isTrue();
  }

  /** Whether it was renamed before all of it had come to the target. */
  private boolean isRenamedInTime(String name) throws Exception {
    for (int i = 0; i < MANY; i++) {
      grow(name + "/many/" + i + "/1");
    }
    try (TestingSeries series = new TestingSeries(source, target)) {
      Set<String> names = ConcurrentHashMap.newKeySet();
      Set<String> trees = ConcurrentHashMap.newKeySet();
      series.source.whenLeftOut(
          (path, isTop, isTree, isWritten) ->
              (isTree ? trees : names).add(new String(path, UTF_8)));
      String many = name + "/many";
      series.lookTree(name);
      TestingPatience.await("a part of it", () -> Files.exists(target.resolve(many + "/0")));
      Files.move(source.resolve(name), source.resolve(name + "-moved"));
      assertThat(series.barrier().failures()).isZero();
      List<String> lacking =
          IntStream.range(0, MANY)
              .mapToObj(i -> many + "/" + i)
              .filter(one -> !Files.exists(target.resolve(one + "/1")))
              .toList();
      assertThat(lacking)
          .allMatch(
              one ->
                  names.contains(one + "/1")
                      || trees.contains(one)
                      || trees.contains(many)
                      || !Files.exists(target.resolve(one)) && names.contains(one));
      return !lacking.isEmpty();
    }
  }

  /** It is at its place when that is listed, and elsewhere when what it was in is gone. */
  @Test
  void h21_h27_a_copy_stays_one_when_it_is_in_another_directory_by_now() throws Exception {
    try (TestingSeries series = equal()) {
      List<String> leftOut = new CopyOnWriteArrayList<>();
      series.source.whenLeftOut(
          (path, isTop, isTree, isWritten) -> leftOut.add(new String(path, UTF_8)));
      TestingTrees.run(source, "sh", "-c", "mv d/in t && rm -r d && mkdir d && mv t d/in");
      series.lookAlone(Duration.ZERO, "d");
      assertThat(series.barrier().failures()).isZero();
      assertThat(target.resolve("d/1")).doesNotExist();
      assertThat(copyOf(series, "d/in")).isEqualTo("d/in");
      TestingTrees.run(source, "sh", "-c", "mv d/in t && rm -r d && mkdir d && mv t d/in");
      assertThat(series.source.renames().isElsewhere(Names.of("d"), null))
          .as("it was not there a moment ago, and what was in it is back")
          .isTrue();
      TestingTrees.run(source, "sh", "-c", "mv d/in t && rm -r d");
      series.lookNames("", "d");
      assertThat(series.barrier().failures()).isZero();
      assertThat(leftOut).containsExactly("d");
      assertThat(follow(series, "d/in", "t")).isTrue();
      series.lookNames("", "d", "t");
      assertThat(series.barrier().failures()).isZero();
      assertThat(target.resolve("d")).doesNotExist();
      assertThat(target.resolve("t/2")).hasContent("d/in/2");
    }
  }

  /** What the target has removed is no copy when its directory comes back. */
  @ParameterizedTest
  @ValueSource(strings = {"true", "touch d"})
  void h21_what_was_not_there_in_a_look_at_all_is_no_copy_any_more(String instead)
      throws Exception {
    Path away = source.resolveSibling("away");
    try (TestingSeries series = equal()) {
      Files.move(source.resolve("d"), away);
      TestingTrees.run(source, "sh", "-c", instead);
      series.lookAlone(Duration.ZERO, "");
      assertThat(series.barrier().failures()).isZero();
      assertThat(target.resolve("d/in")).doesNotExist();
      Files.move(away, source.resolve("back"));
      assertThat(copyOf(series, "back")).isEqualTo("none");
      assertThat(copyOf(series, "back/in")).isEqualTo("none");
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
