package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.linux.Names;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** --verify reads both sides, tells what differs, and changes nothing. */
final class VerifyTest {
  private static final FileTime THEN = FileTime.fromMillis(1_000_000_000_123L);

  @TempDir Path folder;

  private Path source;
  private Path target;

  @BeforeEach
  void trees() throws Exception {
    source = Files.createDirectory(folder.resolve("source"));
    target = folder.resolve("target");
    Path below = Files.createDirectory(source.resolve("below"));
    for (String name : List.of("content", "mode", "time", "gone", "same")) {
      file(below.resolve(name), "what is in it, " + name);
    }
    Files.createSymbolicLink(below.resolve("link"), Path.of("same"));
    copy(TestingRun.Way.LOCAL, "-a");
  }

  private static void file(Path path, String text) throws Exception {
    Files.writeString(path, text);
    Files.setLastModifiedTime(path, THEN);
  }

  private TestingRun copy(TestingRun.Way way, String... options) throws Exception {
    List<byte[]> arguments = new ArrayList<>();
    for (String option : options) {
      arguments.add(Names.of(option));
    }
    arguments.add(Names.of("-i"));
    arguments.add(Names.of(source + "/"));
    arguments.add(Names.of(target.toString()));
    return TestingRun.of(way, TestingRun.request(arguments));
  }

  private static CopyStatus status(TestingRun run) {
    assertThat(run.ended).isNull();
    return Objects.requireNonNull(run.result).status();
  }

  /** The value would say that nothing differs, of trees that nobody has looked at. */
  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void a_directory_that_is_left_out_does_not_end_well(TestingRun.Way way) throws Exception {
    TestingRun run = copy(way, "-a", "--no-r", "--verify");
    assertThat(run.failures).singleElement().asString().contains("was not compared");
    assertThat(status(run)).isEqualTo(CopyStatus.PARTIAL);
    assertThat(status(copy(way, "-a", "--no-r"))).isEqualTo(CopyStatus.DONE);
  }

  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void equal_trees_have_nothing_to_tell(TestingRun.Way way) throws Exception {
    TestingRun run = copy(way, "-aH", "--verify");
    assertThat(differing(run)).isEmpty();
    assertThat(run.failures).isEmpty();
    assertThat(status(run)).isEqualTo(CopyStatus.DONE);
  }

  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void what_differs_is_told_and_stays(TestingRun.Way way) throws Exception {
    Path there = target.resolve("below");
    FileTime of = Files.getLastModifiedTime(there);
    file(there.resolve("content"), "what is in it, Content"); // same size, same time
    Files.setPosixFilePermissions(
        there.resolve("mode"), PosixFilePermissions.fromString("rw-rw-rw-"));
    Files.setLastModifiedTime(there.resolve("time"), FileTime.fromMillis(1_100_000_000_000L));
    Files.delete(there.resolve("gone"));
    file(there.resolve("only here"), "x");
    Files.delete(there.resolve("link"));
    Files.createSymbolicLink(there.resolve("link"), Path.of("content"));
    Files.setLastModifiedTime(there, of);

    TestingRun run = copy(way, "-a", "--verify");
    assertThat(differing(run))
        .containsExactlyInAnyOrder(
            ">fc........ below/content",
            ".f...p..... below/mode",
            ".f..t...... below/time",
            ">f+++++++++ below/gone",
            "*deleting   below/only here",
            "cLc........ below/link");
    assertThat(status(run)).isEqualTo(CopyStatus.DIFFERENT);
    assertThat(there.resolve("content")).hasContent("what is in it, Content");
    assertThat(there.resolve("gone")).doesNotExist();
    assertThat(there.resolve("only here")).hasContent("x");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(there.resolve("mode"))))
        .isEqualTo("rw-rw-rw-");
    assertThat(Files.readSymbolicLink(there.resolve("link"))).hasToString("content");
    assertThat(Files.getLastModifiedTime(there, LinkOption.NOFOLLOW_LINKS)).isEqualTo(of);
  }

  @Test
  void the_exit_value_says_it_however_little_or_much_is_told() throws Exception {
    for (String telling : List.of("-q", "-v", "-vv", "-i", "-ii", "--stats")) {
      assertThat(run("-a", "--verify", telling)).as(telling).isZero();
    }
    file(target.resolve("below/content"), "what is in it, Content");
    for (String telling : List.of("-q", "-v", "-vv", "-i", "-ii", "--stats", "--json")) {
      assertThat(run("-a", "--verify", telling)).as(telling).isEqualTo(23);
    }
    run("-aq", "--verify");
    assertThat(output.toString(StandardCharsets.UTF_8)).doesNotContain("below");
    run("-a", "--verify");
    assertThat(output.toString(StandardCharsets.UTF_8)).contains("below/content");
  }

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  private int run(String... options) {
    List<byte[]> arguments = new ArrayList<>();
    for (String option : options) {
      arguments.add(Names.of(option));
    }
    arguments.add(Names.of(source + "/"));
    arguments.add(Names.of(target.toString()));
    output.reset();
    return SyncCommand.run(arguments, name -> null, output, output);
  }

  /** What is told as differing, without the size and the text that {@link TestingRun} adds. */
  private static List<String> differing(TestingRun run) {
    return run.itemized().stream()
        .map(item -> item.replaceAll("( \\d+)?( -> .*)?$", "").replace("cLc.t.", "cLc..."))
        .filter(item -> !item.matches("\\.[fdL] {9}.*"))
        .toList();
  }
}
