package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.copy.TestingRun.Way;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What {@code --detect-renames} renames, and what it looks into first. A target's file that is
 * marked has other content than the source's of the same size and time: who did not look renames
 * the mark along, who looked does not.
 */
final class RenamesTest {
  private static final String TRUE = "content";
  private static final String MARK = "CONTENT";
  private static final Instant TIME = Instant.ofEpochSecond(1_750_000_000L, 123_456_789);

  @TempDir Path folder;

  private Path source() {
    return folder.resolve("source");
  }

  private Path target() {
    return folder.resolve("target");
  }

  private static Path file(Path path, String content, Instant time) throws Exception {
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setLastModifiedTime(path, FileTime.from(time));
    return path;
  }

  private static void age(Path directory, int seconds) throws Exception {
    Files.setLastModifiedTime(directory, FileTime.from(TIME.plusSeconds(seconds)));
  }

  private TestingRun run(Way way, String... more) throws Exception {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Names.of("-a"));
    arguments.add(Names.of("--delete"));
    arguments.add(Names.of("--detect-renames"));
    for (String one : more) {
      arguments.add(Names.of(one));
    }
    arguments.add(Names.of(source() + "/"));
    arguments.add(Names.of(target().toString()));
    TestingRun run = TestingRun.of(way, TestingRun.request(arguments));
    assertThat(run.failures).isEmpty();
    assertThat(run.ended).isNull();
    return run;
  }

  private static Object inode(Path path) throws Exception {
    return Files.getAttribute(path, "unix:ino");
  }

  @ParameterizedTest
  @EnumSource
  void one_of_its_kind_is_renamed_unread(Way way) throws Exception {
    file(source().resolve("a/new"), TRUE, TIME);
    file(source().resolve("a/stays"), TRUE, TIME);
    Object inode = inode(file(target().resolve("a/old"), MARK, TIME));
    file(target().resolve("a/stays"), TRUE, TIME);
    run(way);
    assertThat(target().resolve("a/new")).hasContent(MARK);
    assertThat(inode(target().resolve("a/new"))).isEqualTo(inode);
    assertThat(target().resolve("a/old")).doesNotExist();
    assertThat(run(way, "-i").items).as("the second run finds nothing to do").isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Way.class,
      names = {"FAR_SOURCE", "FAR_TARGET"})
  void files_are_listed_once_when_their_new_names_make_the_directory_the_same(Way way)
      throws Exception {
    int files = 200;
    for (int i = 0; i < files; i++) {
      Instant time = TIME.plusSeconds(i);
      file(source().resolve("a/f%03d%s".formatted(i, i % 2 == 0 ? "" : "-read")), TRUE, time);
      file(target().resolve("a/f%03d".formatted(i)), MARK, time);
    }
    CopyStatistics figures = Objects.requireNonNull(run(way).result).statistics();
    assertThat(target().resolve("a/f001-read")).hasContent(MARK);
    assertThat(target().resolve("a/f001")).doesNotExist();
    assertThat(figures.seen().files()).isEqualTo(files);
    // About 15 bytes each; twice as much with a second listing.
    assertThat(figures.sent() + figures.received()).isLessThan(files * 22 + 1000);
  }

  @ParameterizedTest
  @EnumSource
  void also_into_another_directory_and_one_that_is_new(Way way) throws Exception {
    file(source().resolve("b/other"), TRUE, TIME);
    file(source().resolve("new/deep/moved"), TRUE, TIME.plusSeconds(5));
    Files.createDirectories(source().resolve("a"));
    Object other = inode(file(target().resolve("a/old"), MARK, TIME));
    Object moved = inode(file(target().resolve("a/moved"), MARK, TIME.plusSeconds(5)));
    Files.createDirectories(target().resolve("b"));
    run(way);
    assertThat(inode(target().resolve("b/other"))).isEqualTo(other);
    assertThat(inode(target().resolve("new/deep/moved"))).isEqualTo(moved);
    assertThat(target().resolve("b/other")).hasContent(MARK);
    assertThat(target().resolve("new/deep/moved")).hasContent(MARK);
  }

  @ParameterizedTest
  @CsvSource({
    // what makes it less certain: -c, no nanoseconds, permissions, two gone, two new, elsewhere too
    "LOCAL,--checksum,false,false,0,0",
    "LOCAL,,true,false,0,0",
    "LOCAL,,false,true,0,0",
    "LOCAL,,false,false,1,0",
    "LOCAL,,false,false,0,1",
    "LOCAL,,false,false,2,0",
    "LOCAL,,false,false,0,2",
    "FAR_TARGET,--checksum,false,false,0,0",
    "FAR_TARGET,,true,false,0,0",
    "FAR_SOURCE,,false,true,0,0",
    "FAR_SOURCE,,false,false,1,0",
    "FAR_TARGET,,false,false,0,1",
    "FAR_SOURCE,,false,false,2,0",
    "FAR_TARGET,,false,false,0,2",
  })
  void what_is_not_certain_is_looked_into(
      Way way, String option, boolean fullSecond, boolean mode, int gone, int added)
      throws Exception {
    Instant time = fullSecond ? Instant.ofEpochSecond(TIME.getEpochSecond()) : TIME;
    file(source().resolve("a/new"), TRUE, time);
    Path old = file(target().resolve("b/old"), MARK, time);
    Files.createDirectories(source().resolve("b"));
    Files.createDirectories(target().resolve("a"));
    if (mode) {
      Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rw-rw-rw-"));
    }
    if (gone > 0) {
      file(target().resolve(gone == 1 ? "b/old2" : "c/d/old"), MARK, time);
    }
    if (added > 0) {
      file(source().resolve(added == 1 ? "a/new2" : "e/f/new"), TRUE, time);
    }
    run(way, option == null ? new String[0] : new String[] {option});
    assertThat(target().resolve("a/new")).hasContent(TRUE);
    assertThat(TestingRun.differences(source(), target())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1,0", "0,1"})
  void within_a_directory_too(int gone, int added) throws Exception {
    file(source().resolve("a/new"), TRUE, TIME);
    file(target().resolve("a/old"), MARK, TIME);
    if (gone > 0) {
      file(target().resolve("a/old2"), MARK, TIME);
    }
    if (added > 0) {
      file(source().resolve("a/new2"), TRUE, TIME);
    }
    run(Way.LOCAL);
    assertThat(target().resolve("a/new")).hasContent(TRUE);
    assertThat(TestingRun.differences(source(), target())).isEmpty();
  }

  @Test
  void what_is_in_a_new_directory_counts() throws Exception {
    file(source().resolve("a/new"), TRUE, TIME);
    file(source().resolve("n/deep/new2"), TRUE, TIME);
    file(target().resolve("b/old"), MARK, TIME);
    run(Way.LOCAL);
    assertThat(target().resolve("a/new")).hasContent(TRUE);
    assertThat(target().resolve("n/deep/new2")).hasContent(TRUE);
  }

  /**
   * Its listing is packed, and its files are known by their names alone until they are asked for.
   */
  @Test
  void what_is_among_very_many_names_counts() throws Exception {
    file(source().resolve("a/new"), TRUE, TIME);
    file(source().resolve("many/new2"), TRUE, TIME);
    TestingTrees.run(
        source().resolve("many"), "sh", "-c", "seq " + EntryGatherer.RUN + " | xargs touch");
    Files.createDirectories(target().resolve("many"));
    file(target().resolve("b/old"), MARK, TIME);
    run(Way.LOCAL);
    assertThat(target().resolve("a/new")).hasContent(TRUE);
    assertThat(target().resolve("many/new2")).hasContent(TRUE);
  }

  @Test
  void a_directory_is_renamed_whole_and_then_compared() throws Exception {
    for (Path side : List.of(source().resolve("new/place"), target().resolve("old"))) {
      file(side.resolve("one"), TRUE, TIME);
      file(side.resolve("sub/two"), TRUE, TIME);
      age(side.resolve("sub"), 1);
      age(side, 2);
    }
    Files.createDirectories(target().resolve("new"));
    file(source().resolve("new/place/sub/two"), "another", TIME.plusSeconds(9));
    age(source().resolve("new/place/sub"), 1);
    Object directory = inode(target().resolve("old"));
    Object one = inode(target().resolve("old/one"));
    run(Way.LOCAL);
    assertThat(inode(target().resolve("new/place"))).isEqualTo(directory);
    assertThat(inode(target().resolve("new/place/one"))).isEqualTo(one);
    assertThat(target().resolve("new/place/sub/two")).hasContent("another");
    assertThat(TestingRun.differences(source(), target())).isEmpty();
  }

  @Test
  void h19_a_directory_is_not_renamed_whole_when_times_do_not_tell_contents_apart()
      throws Exception {
    for (Path side : List.of(source().resolve("new"), target().resolve("old"))) {
      boolean isSource = side.startsWith(source());
      Instant second = Instant.ofEpochSecond(TIME.getEpochSecond());
      file(side.resolve("sub/one"), isSource ? "mine" : "ours", second);
      age(side.resolve("sub"), 1);
      age(side, 2);
    }
    run(Way.LOCAL);
    assertThat(target().resolve("new/sub/one")).hasContent("mine");
    assertThat(TestingRun.differences(source(), target())).isEmpty();
  }

  @Test
  void a_name_that_must_not_be_made_is_not_made_by_a_rename() throws Exception {
    file(source().resolve("new/one"), TRUE, TIME);
    file(source().resolve("two"), TRUE, TIME.plusSeconds(1));
    file(target().resolve("old/one"), TRUE, TIME);
    file(target().resolve("gone"), TRUE, TIME.plusSeconds(1));
    age(source().resolve("new"), 2);
    age(target().resolve("old"), 2);
    run(Way.LOCAL, "--existing");
    assertThat(target().resolve("new")).doesNotExist();
    assertThat(target().resolve("two")).doesNotExist();
  }

  @Test
  void h35_a_directory_with_something_protected_in_it_stays_where_it_is() throws Exception {
    for (Path side : List.of(source().resolve("new"), target().resolve("old"))) {
      file(side.resolve("one"), TRUE, TIME);
      file(side.resolve("kept"), TRUE, TIME.plusSeconds(1));
      age(side, 2);
    }
    run(Way.LOCAL, "--filter=P /old/kept");
    assertThat(target().resolve("old/kept")).exists();
    assertThat(target().resolve("old/one")).doesNotExist();
    assertThat(TestingRun.differences(source(), target()).stream())
        .allMatch(line -> line.startsWith("old"));
  }

  @ParameterizedTest
  @EnumSource
  void a_dry_run_changes_nothing_and_tells_of_the_renames(Way way) throws Exception {
    file(source().resolve("a/new"), TRUE, TIME);
    file(target().resolve("a/old"), MARK, TIME);
    TestingRun run = run(way, "-ni");
    assertThat(target().resolve("a/old")).exists();
    assertThat(target().resolve("a/new")).doesNotExist();
    assertThat(run.itemized()).anyMatch(line -> line.endsWith("a/new 7 -> a/old"));
    assertThat(run(way, "-i").itemized()).anyMatch(line -> line.endsWith("a/new 7 -> a/old"));
    assertThat(target().resolve("a/new")).hasContent(MARK);
  }

  @Test
  void h27_nothing_is_renamed_when_too_much_would_go() throws Exception {
    file(source().resolve("a/new"), TRUE, TIME);
    file(target().resolve("a/old"), MARK, TIME);
    file(target().resolve("b"), MARK, TIME.plusSeconds(1));
    file(target().resolve("c"), MARK, TIME.plusSeconds(2));
    List<byte[]> arguments = new ArrayList<>();
    for (String one : List.of("-a", "--delete", "--detect-renames", "--delete-limit=10%")) {
      arguments.add(Names.of(one));
    }
    arguments.add(Names.of(source() + "/"));
    arguments.add(Names.of(target().toString()));
    TestingRun run = TestingRun.of(Way.LOCAL, TestingRun.request(arguments));
    assertThat(run.ended).isNotNull();
    assertThat(target().resolve("a/old")).exists();
  }
}
