package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.Excludes;
import dev.godwit.sync.Problem;
import dev.godwit.sync.Removals;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.rules.Rules;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What guards the target of a series: each test fails without the rule that it is about. */
@Timeout(TestingPatience.TEST_SECONDS)
final class SeriesCustodyTest extends TestingTwoTrees {
  @BeforeEach
  void files() throws Exception {
    grow("d/1", "d/2", "e/f/3", "stays");
  }

  private SeriesRequest request(Removals removals, int percentMax, @Nullable String exclude) {
    Rules.Builder rules = SeriesRequest.exactRules();
    return SeriesRequest.of(
        Names.of(source.toString()),
        Names.of(target.toString()),
        Excludes.patterns(exclude == null ? List.of() : List.of(exclude)),
        rules.build(),
        removals,
        percentMax,
        0);
  }

  private TestingSeries equal(Removals removals, int percentMax, @Nullable String exclude)
      throws Exception {
    TestingSeries series = new TestingSeries(request(removals, percentMax, exclude));
    series.lookAll();
    assertThat(series.barrier().failures()).isZero();
    return series;
  }

  @Test
  void h27_no_more_than_a_share_goes_and_then_nothing_at_all() throws Exception {
    for (int i = 0; i < 400; i++) {
      Files.writeString(source.resolve("d/many" + i), "x");
    }
    try (TestingSeries series = equal(Removals.ALL, 30, null)) {
      TestingTrees.run(source, "sh", "-c", "rm d/many*");
      Files.delete(source.resolve("e/f/3"));
      series.lookTree("d");
      series.barrier();
      Problem halted = Objects.requireNonNull(series.source.halted());
      assertThat(halted.side()).isEqualTo(Problem.Side.TARGET);
      long left = TestingTrees.run(target, "sh", "-c", "ls d").lines().count();
      assertThat(left).isGreaterThan(400 * 60 / 100);
      // The next session is told of all that went.
      assertThat(series.removed()).isEqualTo(402 - left);
      // After it not even what would be below the share.
      series.lookNames("e/f", "3");
      series.barrier();
      assertThat(target.resolve("e/f/3")).hasContent("e/f/3");
    }
  }

  /** The target's own guard, for the moment in which the source has not noticed. */
  @Test
  void h27_the_place_of_a_mount_that_takes_part_is_held() throws Exception {
    try (TestingSeries series = equal(Removals.ALL, 100, null)) {
      assertThatThrownBy(() -> series.source.join(Names.of("e/gone")))
          .isInstanceOf(LinuxException.class);
      Files.createDirectories(target.resolve("e/gone"));
      Files.writeString(target.resolve("e/gone/precious"), "1");
      series.lookAll();
      assertThat(series.barrier().first().toString())
          .contains("e/gone: not removed: at the source a mount that takes part is there");
      TestingTrees.run(source, "mv", "e", "g");
      series.lookNewTree("g");
      series.lookNames("", "e");
      assertThat(series.barrier().failures()).isPositive();
      assertThat(target.resolve("e/gone/precious")).hasContent("1");
      assertThat(target.resolve("g/f/3")).hasContent("e/f/3");
      assertThat(target.resolve("e/f")).doesNotExist();
      // What is in it may go.
      Files.createDirectories(source.resolve("e/gone"));
      series.lookTree("e");
      assertThat(series.barrier().failures()).isZero();
      assertThat(target.resolve("e/gone")).isEmptyDirectory();
    }
  }

  /**
   * Where a directory must stay, nothing can be made: the file's other names do not wait for it.
   */
  @ParameterizedTest
  @ValueSource(strings = {"echo new > $0", "mkfifo $0", "ln -s somewhere $0"})
  void h10_a_name_in_whose_place_something_is_kept_holds_up_no_other(String make) throws Exception {
    try (TestingSeries series = equal(Removals.ALL, 100, null)) {
      series.source.keep(Names.of("e/f"));
      TestingTrees.run(source, "sh", "-c", "rm -r e && " + make + " && ln -P e later", "e");
      series.lookNames("", "e", "later");
      assertThat(series.barrier().failures()).isPositive();
      assertThat(target.resolve("e/f/3")).hasContent("e/f/3");
      assertThat(Files.exists(target.resolve("later"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    }
  }

  /** As mails in a queue, and sessions in folders of their own. */
  @Test
  void h27_what_came_and_goes_again_is_no_loss_and_what_stood_is() throws Exception {
    for (int i = 0; i < 200; i++) {
      Files.writeString(source.resolve("d/many" + i), "x");
    }
    try (TestingSeries series = equal(Removals.ALL, 30, null)) {
      series.source.follows();
      for (int round = 0; round < 3; round++) {
        String in = "in" + round;
        TestingTrees.run(
            source,
            "sh",
            "-c",
            "mkdir -p in/$0/s && cd in/$0/s && seq 150 | xargs touch && ln 1 link && ln -s 1 sym"
                + " && mkfifo fifo",
            in);
        series.lookNewTree("in");
        assertThat(series.barrier().failures()).isZero();
        TestingTrees.run(source, "mv", "in/" + in, "e/" + in);
        assertThat(
                series
                    .source
                    .renames()
                    .follow(
                        Names.of("in/" + in),
                        Names.of("e/" + in),
                        false,
                        new SeriesRenames.Patience(),
                        (is, note) -> note.run()))
            .isTrue();
        TestingTrees.run(source, "rm", "-r", "e/" + in);
        series.lookTree("e");
        assertThat(series.barrier().failures()).isZero();
        assertThat(series.source.halted()).as("round %d", round).isNull();
        assertThat(target.resolve("e/" + in)).doesNotExist();
      }
      TestingTrees.run(source, "sh", "-c", "rm d/many*");
      series.lookTree("d");
      series.barrier();
      Problem halted = Objects.requireNonNull(series.source.halted());
      assertThat(halted.cause()).contains("more than 30 percent of the target's 20");
      long left = TestingTrees.run(target, "sh", "-c", "ls d").lines().count();
      assertThat(left).isGreaterThan(200 * 45 / 100);
    }
  }

  /** Also by copies that are under way when it halts, and whatever would be below the share. */
  @Test
  void h27_after_a_halt_nothing_is_removed_or_renamed() throws Exception {
    List<CopyListener.Failure> told = new ArrayList<>();
    Report report = new Report(CopyListener.NONE);
    try (DirectoryHandle root = DirectoryHandle.open(Names.of(source.toString()));
        Custody custody =
            new Custody(
                root,
                KnownTarget.NONE,
                CameLately.Told.NOTHING,
                request(Removals.ALL, 100, null),
                told::add,
                limit -> {},
                removed -> {},
                names -> {})) {
      byte[] name = Names.of("stays");
      assertThat(custody.mayRemove(name, root, name, false, report)).isTrue();
      assertThat(custody.mayRename(name)).isTrue();
      custody.sourceIsEmpty();
      assertThat(custody.mayRemove(name, root, name, false, report)).isFalse();
      assertThat(custody.mayRename(name)).isFalse();
      custody.sourceIsEmpty();
      assertThat(told).hasSize(1);
    }
  }

  @Test
  void h25_what_is_kept_stays_with_all_above_and_below_it() throws Exception {
    try (TestingSeries series = equal(Removals.ALL, 100, null)) {
      series.source.keep(Names.of("e/f"));
      TestingTrees.run(source, "rm", "-r", "e", "d");
      series.lookNames("", "d", "e");
      assertThat(series.barrier().failures()).isPositive();
      assertThat(target.resolve("e/f/3")).hasContent("e/f/3");
      assertThat(target.resolve("d")).doesNotExist();
    }
  }

  @Test
  void names_go_only_on_the_occasions_that_were_asked_for() throws Exception {
    try (TestingSeries series = equal(Removals.IN_COMPARISONS, 100, null)) {
      Files.delete(source.resolve("d/1"));
      series.lookNames("d", "1");
      series.barrier();
      assertThat(target.resolve("d/1")).exists();
      series.lookTree("d");
      series.barrier();
      assertThat(target.resolve("d/1")).doesNotExist();
    }
    Files.writeString(target.resolve("d/foreign"), "foreign");
    try (TestingSeries series = equal(Removals.WHEN_SEEN, 100, null)) {
      Files.delete(source.resolve("d/2"));
      series.lookTree("d");
      series.barrier();
      assertThat(target.resolve("d/2")).exists();
      series.lookNames("d", "2");
      series.barrier();
      assertThat(target.resolve("d/2")).doesNotExist();
      assertThat(target.resolve("d/foreign")).exists();
    }
  }

  /** By a look at the name, by one at what was in it, and by one at the whole. */
  @Test
  void h35_a_directory_with_what_is_not_ours_is_not_removed() throws Exception {
    try (TestingSeries series = equal(Removals.ALL, 100, "*.mine")) {
      for (String directory : List.of("d", "e/f", "e")) {
        Files.writeString(target.resolve(directory + "/x.mine"), "mine");
      }
      TestingTrees.run(source, "rm", "-r", "d");
      series.lookNames("", "d");
      assertThat(series.barrier().failures()).as("as it was asked for").isZero();
      assertThat(series.source.limits())
          .singleElement()
          .asString()
          .startsWith("d stays on the target");
      assertThat(target.resolve("d/x.mine")).hasContent("mine");
      assertThat(target.resolve("d/1")).doesNotExist();
      TestingTrees.run(source, "rm", "-r", "e");
      series.lookNames("e/f", "3");
      series.barrier();
      series.lookAll();
      series.barrier();
      assertThat(target.resolve("e/f/x.mine")).hasContent("mine");
      assertThat(target.resolve("e/x.mine")).hasContent("mine");
      assertThat(target.resolve("e/f/3")).doesNotExist();
    }
  }

  /** A directory that holds what is not ours is neither renamed nor exchanged. */
  @Test
  void h35_a_directory_does_not_take_along_what_is_not_ours() throws Exception {
    try (TestingSeries series = equal(Removals.ALL, 100, "*.mine")) {
      Files.writeString(target.resolve("d/x.mine"), "mine");
      TestingTrees.run(source, "mv", "d", "moved");
      SeriesRenames renames = series.source.renames();
      byte[] from = Names.of("d");
      byte[] to = Names.of("moved");
      assertThat(renames.copyOf(to)).isEqualTo(from);
      assertThat(
              renames.follow(
                  from, to, false, new SeriesRenames.Patience(), (is, note) -> note.run()))
          .isFalse();
      assertThat(target.resolve("d/x.mine")).hasContent("mine");
      Files.delete(target.resolve("d/x.mine"));
      Files.createDirectories(target.resolve("moved/in"));
      Files.writeString(target.resolve("moved/in/x.mine"), "mine");
      assertThat(
              renames.follow(
                  from, to, false, new SeriesRenames.Patience(), (is, note) -> note.run()))
          .isFalse();
      assertThat(target.resolve("moved/in/x.mine")).hasContent("mine");
      Files.delete(target.resolve("moved/in/x.mine"));
      assertThat(
              renames.follow(
                  from, to, false, new SeriesRenames.Patience(), (is, note) -> note.run()))
          .isTrue();
      TestingTrees.run(target, "rm", "-r", "d");
    }
    try (TestingSeries series = equal(Removals.WHEN_SEEN, 100, null)) {
      TestingTrees.run(source, "mv", "moved", "d");
      assertThat(series.source.renames().copyOf(Names.of("d"))).isNull();
    }
  }

  @Test
  void h25_a_directory_does_not_follow_where_something_is_kept() throws Exception {
    try (TestingSeries series = equal(Removals.ALL, 100, null)) {
      series.source.keep(Names.of("e/f"));
      TestingTrees.run(source, "mv", "e", "moved");
      byte[] from = Names.of("e");
      byte[] to = Names.of("moved");
      assertThat(series.source.renames().copyOf(to)).isEqualTo(from);
      assertThat(
              series
                  .source
                  .renames()
                  .follow(from, to, false, new SeriesRenames.Patience(), (is, note) -> note.run()))
          .isFalse();
      assertThat(target.resolve("e/f/3")).exists();
      TestingTrees.run(source, "mv", "d", "other");
      assertThat(
              series
                  .source
                  .renames()
                  .follow(
                      Names.of("d"),
                      Names.of("other"),
                      true,
                      new SeriesRenames.Patience(),
                      (is, note) -> note.run()))
          .isTrue();
      assertThat(target.resolve("other/1")).hasContent("d/1");
    }
  }

  @Test
  void h40_a_target_that_asks_for_looks_without_end_is_bounded() throws Exception {
    SeriesQueue queue = new SeriesQueue();
    queue.ask(new Look().missingTree(Names.of("d")), null);
    SeriesQueue.Entry entry = Objects.requireNonNull(queue.take());
    assertThatThrownBy(
            () -> {
              for (int i = 0; i <= SeriesQueue.Entry.AGAIN_MAX; i++) {
                entry.again(Names.of("d/" + i));
              }
            })
        .isInstanceOf(IllegalArgumentException.class);
  }
}
