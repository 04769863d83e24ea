package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.copy.FileSumsTest.Difference;
import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Directories that a series of copies compares once more, where most are the same. */
@Timeout(TestingPatience.TEST_SECONDS)
final class SeriesSumsTest extends TestingTwoTrees {
  private static final int FILES = FileSumsTest.DIRECTORIES * FileSumsTest.FILES;
  private static final Duration NOTHING_UNSEEN = Duration.ofSeconds(2);

  /** One for each test. */
  private static final int TREES = 50;

  /** Trees of which no file changed lately enough to be in doubt: waited for once. */
  @TempDir(factory = TestingMemoryFolder.class)
  private static Path grown;

  private static int taken;

  @BeforeAll
  static void grow() throws Exception {
    for (int i = 0; i < TREES; i++) {
      FileSumsTest.grow(grown.resolve("tree" + i));
      FileSumsTest.grow(grown.resolve("other" + i));
    }
    Thread.sleep(NOTHING_UNSEEN.plusMillis(100));
  }

  @BeforeEach
  void take() throws Exception {
    target = folder.resolve("made/target");
    Files.delete(source);
    Files.move(grown.resolve("tree" + taken), source);
    taken++;
  }

  /** Everything was compared. */
  private TestingSeries live(String... excludes) throws Exception {
    TestingSeries series = new TestingSeries(source, target, excludes);
    series.lookAll();
    assertThat(series.barrier().isComplete()).isTrue();
    series.source.follows();
    assertEqual();
    return series;
  }

  /** In pieces, and in one go as after a connection that was lost. */
  private static void compareAgain(TestingSeries series, Duration unseen) throws Exception {
    compareInPieces(series, unseen);
    series.lookTree("", unseen);
    assertThat(series.barrier().first()).isEmpty();
  }

  private static void compareInPieces(TestingSeries series, Duration unseen) throws Exception {
    List<String> directories = new ArrayList<>(List.of(""));
    for (int i = 0; i < FileSumsTest.DIRECTORIES; i++) {
      directories.add("d" + i);
    }
    series.lookAlone(unseen, directories.toArray(String[]::new));
    assertThat(series.barrier().first()).isEmpty();
  }

  @Test
  void of_unchanged_files_only_sums_are_told() throws Exception {
    long[] bytes = new long[2];
    for (int i = 0; i < 2; i++) { // with filters there are none
      try (TestingSeries series = i == 0 ? live() : live("*.never")) {
        long before = series.bytes();
        long seen = series.source.counters().filesSeen();
        compareAgain(series, NOTHING_UNSEEN);
        bytes[i] = series.bytes() - before;
        assertThat(series.source.counters().filesSeen() - seen)
            .isEqualTo(2 * (FILES + FileSumsTest.DIRECTORIES));
      }
    }
    // The link of each directory is told in both.
    assertThat(bytes[0]).isLessThan(bytes[1] * 6 / 10);
  }

  /** As soon as the source knows the target it begins, with one look at everything. */
  @Test
  void which_sums_the_target_wants_is_told_before_which_directory_it_is() throws Exception {
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
    Thread serving =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (Channel channel = pair.b()) {
                    new SeriesTargetAbility()
                        .serve(channel, SeriesTargetAbility.argument(KnownTarget.NONE));
                  } catch (Exception e) {
                    // It was left in the middle.
                  }
                });
    List<Integer> told = new ArrayList<>();
    try (Channel channel = pair.a()) {
      SeriesRequest.exact(Names.of("/none"), Names.of(target.toString()), List.of()).send(channel);
      for (int i = 0; i < 2; i++) {
        told.add((int) Objects.requireNonNull(channel.receive())[0]);
      }
    }
    serving.join();
    assertThat(told).containsExactly((int) SeriesFrames.SUMS, (int) SeriesFrames.ROOT);
  }

  /** Each directory would be told twice. */
  @Test
  void to_an_empty_target_no_sums_are_told() throws Exception {
    long[] bytes = {Long.MAX_VALUE, Long.MAX_VALUE};
    // The least of some runs: one that takes long tells of its progress besides.
    for (int i = 0; i < 6; i++) {
      FileSumsTest.clear(Files.createDirectories(target));
      try (TestingSeries series =
          i % 2 == 0
              ? new TestingSeries(source, target)
              : new TestingSeries(source, target, "*.no")) {
        var unused = series.source.targetRoot(); // told after which sums it wants
        series.lookTree("", NOTHING_UNSEEN);
        assertThat(series.barrier().first()).isEmpty();
        bytes[i % 2] = Math.min(bytes[i % 2], series.bytes());
      }
    }
    assertThat(bytes[0]).as("%d without", bytes[1]).isLessThan(bytes[1] + 100);
  }

  @ParameterizedTest
  @EnumSource
  void h23_whatever_differs_is_found_in_pieces_and_by_the_next_series(Difference difference)
      throws Exception {
    Files.move(grown.resolve("other" + (taken - 1)), source.resolve("other"));
    try (TestingSeries series = live()) {
      difference.make(source, target);
      compareInPieces(series, NOTHING_UNSEEN);
      assertEqual();
    }
    difference.make(source.resolve("other"), target.resolve("other"));
    try (TestingSeries series = new TestingSeries(source, target)) {
      series.lookTree("", NOTHING_UNSEEN);
      assertThat(series.barrier().first()).isEmpty();
      assertEqual();
    }
  }

  /** As it is when a look at everything is put together. */
  private static Look gathered(TestingSeries series) throws Exception {
    long since = Look.since(NOTHING_UNSEEN);
    Look look = new Look();
    for (int i = 0; i < FileSumsTest.DIRECTORIES; i++) {
      byte[] directory = Names.of("d" + i);
      try (DirectoryHandle handle = series.source.directory(directory)) {
        GatheredSum sum = Objects.requireNonNull(series.source.sum(handle, since));
        assertThat(sum.plainNames()).isEqualTo(FileSumsTest.FILES);
        assertThat(sum.others()).hasSize(1); // the symbolic link
        var unused = look.directory(directory, since, sum);
      }
    }
    return look;
  }

  /** What changes goes before the pieces of a look at everything. */
  @ParameterizedTest
  @EnumSource
  void h21_what_was_added_up_before_a_change_does_not_undo_it(Difference difference)
      throws Exception {
    try (TestingSeries series = live()) {
      Look look = gathered(series);
      difference.make(source, target);
      Path later = source.resolve("d7/later");
      Files.createDirectory(later);
      FileSumsTest.file(later.resolve("file"), "later");
      Files.createSymbolicLink(source.resolve("d7/laterlink"), Path.of("later"));
      series.lookNewTree("d7");
      assertThat(series.barrier().first()).isEmpty();
      long deleted = series.source.counters().deleted();
      series.source.piece(look, null, null);
      assertThat(series.barrier().first()).isEmpty();
      assertThat(series.source.counters().deleted()).isEqualTo(deleted);
      assertEqual();
    }
  }

  /** A change that leaves the directory's names as they are. */
  @Test
  void h21_a_file_that_has_changed_since_its_directory_was_added_up_is_not_put_back()
      throws Exception {
    try (TestingSeries series = live()) {
      Look look = gathered(series);
      FileSumsTest.file(source.resolve("d7/f3"), "more content");
      series.lookSuspectNames("d7", "f3");
      assertThat(series.barrier().first()).isEmpty();
      series.source.piece(look, null, null);
      assertThat(series.barrier().first()).isEmpty();
      assertEqual();
    }
  }

  @Test
  void where_names_came_or_went_lately_nothing_is_added_up_before() throws Exception {
    try (TestingSeries series = live()) {
      Files.createDirectory(source.resolve("d7/later"));
      long since = Look.since(NOTHING_UNSEEN);
      try (DirectoryHandle young = series.source.directory(Names.of("d7"));
          DirectoryHandle old = series.source.directory(Names.of("d6"))) {
        assertThat(series.source.sum(young, since)).isNull();
        assertThat(series.source.sum(old, since)).isNotNull();
      }
    }
  }

  /** In neither size nor time, which a sum would not show. */
  private void writeWithoutTrace() throws Exception {
    Path file = source.resolve("d3/f5");
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "CONTENT 5");
    Files.setLastModifiedTime(file, time);
  }

  @Test
  void h19_a_file_in_doubt_is_read_although_its_sum_is_the_same() throws Exception {
    try (TestingSeries series = live()) {
      writeWithoutTrace();
      compareAgain(series, Duration.ofHours(1));
      assertEqual();
    }
  }

  @Test
  void h19_a_name_that_is_asked_for_by_itself_is_read_too() throws Exception {
    try (TestingSeries series = live()) {
      writeWithoutTrace();
      Thread.sleep(NOTHING_UNSEEN.plusMillis(100));
      Look look = new Look().directory(Names.of("d3"), Look.since(NOTHING_UNSEEN), null);
      series.source.look(look.names(Names.of("d3"), List.of(Names.of("f5")), true));
      assertThat(series.barrier().first()).isEmpty();
      assertEqual();
    }
  }

  @Test
  void h10_a_file_that_has_lost_its_other_names_is_known_to_have() throws Exception {
    Files.createLink(source.resolve("d1/linked"), source.resolve("d0/f1"));
    try (TestingSeries series = live()) {
      FileStatus file;
      try (DirectoryHandle in = series.source.directory(Names.of("d0"))) {
        file = Objects.requireNonNull(in.status(Names.of("f1")));
      }
      assertThat(series.source.namesOf(file)).hasSize(2);
      Files.delete(source.resolve("d1/linked"));
      Thread.sleep(NOTHING_UNSEEN.plusMillis(100));
      for (String directory : List.of("d1", "d0")) {
        series.lookAlone(NOTHING_UNSEEN, directory);
        assertThat(series.barrier().first()).isEmpty();
      }
      assertEqual();
      assertThat(series.source.hasNamesBelow(Names.of("d0"))).isFalse();
    }
  }

  @Test
  void h25_a_file_on_which_something_is_mounted_is_left_alone() throws Exception {
    try (TestingSeries series = live()) {
      Path other = FileSumsTest.file(folder.resolve("other"), "content 5");
      Path file = source.resolve("d3/f5");
      TestingTrees.run(folder, "mount", "--bind", other.toString(), file.toString());
      try {
        Thread.sleep(NOTHING_UNSEEN.plusMillis(100));
        series.lookAlone(NOTHING_UNSEEN, "d3");
        assertThat(series.barrier().first().toString()).contains("another file system is mounted");
      } finally {
        TestingTrees.run(folder, "umount", file.toString());
      }
    }
  }

  @Test
  void h22_the_source_s_own_temporary_names_are_left_out() throws Exception {
    try (TestingSeries series = live()) {
      long first = series.bytes();
      compareInPieces(series, NOTHING_UNSEEN);
      long second = series.bytes();
      String name = Names.display(new TemporaryNames().next());
      Path left = FileSumsTest.file(source.resolve("d3").resolve(name), "half");
      Files.setLastModifiedTime(
          source.resolve("d3"), Files.getLastModifiedTime(target.resolve("d3")));
      Thread.sleep(NOTHING_UNSEEN.plusMillis(100));
      compareInPieces(series, NOTHING_UNSEEN);
      long third = series.bytes();
      // Some frames more or less, by the moment; the names of a directory that differs are 250.
      assertThat(third - second).isCloseTo(second - first, within(100L));
      Files.delete(left);
    }
  }
}
