package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.godwit.linux.Names;
import dev.godwit.sync.copy.CopyStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What each end of a run is told by, with rsync beside it. {@code FarSideTest} has 30 and 35,
 * {@code ChangingSourceTest} runs that end with 24 in the middle, {@code SyncCommandTest} 20. 10 is
 * of talks with daemons of rsync, which there are none of.
 */
final class ExitValuesTest {
  @TempDir private Path folder;

  @BeforeEach
  void makeSource() throws IOException {
    Files.createDirectories(folder.resolve("s/sub"));
    Files.writeString(folder.resolve("s/a"), "content");
    Files.createDirectories(folder.resolve("full"));
    Files.writeString(folder.resolve("full/x"), "x");
    Files.writeString(folder.resolve("full/y"), "y");
    Files.writeString(folder.resolve("names"), "a\nnone\n");
    Files.writeString(folder.resolve("rules"), "no rule at all\n");
    Files.writeString(folder.resolve("a-file"), "");
    Path chatty =
        Files.writeString(folder.resolve("chatty"), "#!/bin/sh\necho welcome to this host\n");
    Files.setPosixFilePermissions(chatty, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  static Stream<Arguments> ends() {
    return Stream.of(
        arguments(CopyStatus.DONE, "-a F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-a --no-such-option F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-a --modify-window=soon F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-a -f not-a-rule F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-a --checksum-seed=x F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-a --protocol=x F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-a --max-alloc=1 F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-a --no-delete F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-aR F/s/../s F/d"),
        arguments(CopyStatus.USAGE, "-a one:F/s two:F/d"),
        arguments(CopyStatus.USAGE, "-ab --backup-dir=F/a-file F/s/ F/full"),
        arguments(CopyStatus.FILE_IO, "-ab --backup-dir=F/a-file/b F/s/ F/full"),
        arguments(CopyStatus.USAGE, "-a --delete-before --backup-dir=../a-file F/s/ F/full"),
        arguments(CopyStatus.FILE_SELECTION, "-a F/s/ F/full F/a-file"),
        arguments(CopyStatus.FILE_IO, "-a F/s/ F/no/parent/d"),
        arguments(CopyStatus.FILE_IO, "-a --exclude-from=F/none F/s/ F/d"),
        arguments(CopyStatus.USAGE, "-a --files-from=F/none F/s/ F/d"),
        arguments(CopyStatus.PARTIAL, "-a F/none F/s/ F/d"),
        arguments(CopyStatus.PARTIAL, "-a --files-from=F/names F/s/ F/d"),
        arguments(CopyStatus.MAX_DELETE, "-a --delete --max-delete=1 F/s/ F/full"));
  }

  private List<String> line(String options) {
    return List.of(options.replace("F/", folder + "/").split(" ", -1));
  }

  @ParameterizedTest
  @MethodSource("ends")
  void both_end_with(CopyStatus status, String options) throws Exception {
    Path kept = folder.resolve("full");
    List<String> names = names(kept);
    TestingRun rsync = TestingRun.rsync(line(options));
    for (String name : names) {
      Files.writeString(kept.resolve(name), name);
    }
    TestingRun godwit = TestingRun.godwit(line(options));
    assertThat(rsync.exit()).as(rsync.err()).isEqualTo(status.exitValue());
    assertThat(godwit.exit()).as(godwit.err()).isEqualTo(status.exitValue());
    assertThat(godwit.err().isEmpty()).isEqualTo(status == CopyStatus.DONE);
  }

  private static List<String> names(Path of) throws IOException {
    try (Stream<Path> all = Files.list(of)) {
      return new ArrayList<>(all.map(path -> path.getFileName().toString()).toList());
    }
  }

  /** rsync says 2, as it takes the greeting for its own protocol. */
  @Test
  void a_shell_that_greets_is_no_beginning() {
    TestingRun godwit = TestingRun.godwit(line("-a -e F/chatty F/s/ far:F/d"));
    assertThat(godwit.exit()).isEqualTo(CopyStatus.START.exitValue());
    assertThat(godwit.err()).contains("welcome to this host");
  }

  /** rsync says 14 of its own process, and 255 or 127 when ssh does. */
  @Test
  void a_shell_that_is_not_there_is_no_beginning() {
    TestingRun godwit = TestingRun.godwit(line("-a -e F/none F/s/ far:F/d"));
    assertThat(godwit.exit()).isEqualTo(CopyStatus.START.exitValue());
    assertThat(godwit.err()).contains("none");
  }

  @Test
  void what_cannot_be_told_is_an_error_that_says_why() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<byte[]> arguments = line("-ai F/s/ F/d").stream().map(Names::of).toList();
    assertThat(SyncCommand.run(arguments, name -> null, full, err))
        .isEqualTo(CopyStatus.DIAGNOSTICS.exitValue());
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("No space left on device");
  }

  /** A far shell names the program that it does not find, and not who asked for that. */
  @Test
  void what_was_to_start_the_far_side_and_how_to_try_it_is_said() throws IOException {
    Path shell = folder.resolve("without-sudo");
    TestingSyncProgram.executable(shell, "#!/bin/sh\necho sudo: not found >&2\nexit 127\n");
    List<String> words = new ArrayList<>(line("-a -e F/without-sudo F/s/ far:F/d"));
    words.add(1, "--rsync-path=sudo rsync");
    TestingRun godwit = TestingRun.godwit(words);
    assertThat(godwit.exit()).isEqualTo(CopyStatus.START.exitValue());
    assertThat(godwit.err())
        .contains("sudo: not found", "--rsync-path=sudo rsync", "`" + shell + " far`");
  }

  /** rsync says 12, after the other side has said what is wrong. */
  @ParameterizedTest
  @ValueSource(strings = {"-M--nonsense", "-M--max-size=soon", "-M--chmod=nonsense"})
  void what_the_other_side_would_refuse_is_refused_before_it_is_asked(String wrong) {
    TestingRun godwit = TestingRun.godwit(line("-ab " + wrong + " -e F/none F/s/ far:F/d"));
    assertThat(godwit.exit()).as(godwit.err()).isEqualTo(CopyStatus.USAGE.exitValue());
  }

  /** What nobody foresaw must not look like a mistake of the one who typed the line. */
  @ParameterizedTest
  @ValueSource(strings = {"", "--json"})
  void a_fault_of_the_program_is_one_line_and_not_a_usage_error(String option) {
    String line = ("-ai " + option).strip() + " F/s/ F/d"; // another target each time
    assertFault(new IllegalStateException("by a test"), line + 1, CopyStatus.IPC, "IllegalState");
    assertFault(new StackOverflowError(), line + 2, CopyStatus.IPC, "StackOverflowError");
    assertFault(
        new OutOfMemoryError("Java heap space"),
        line + 3,
        CopyStatus.MEMORY,
        "out of memory: Java");
  }

  private void assertFault(Throwable fault, String options, CopyStatus status, String words) {
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int b) {
            if (fault instanceof Error e) {
              throw e;
            }
            throw (RuntimeException) fault;
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<byte[]> arguments = line(options).stream().map(Names::of).toList();
    assertThat(SyncCommand.run(arguments, name -> null, broken, err)).isEqualTo(status.exitValue());
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains(words)
        .doesNotContain("\tat ")
        .doesNotContain("--help");
  }
}
