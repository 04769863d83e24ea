package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.watch.TestingTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A large file from one file system to another, of which the kernel refuses to copy ranges: it goes
 * through a pipe, by one splice(2) into it and one out of it for each 256 KiB.
 */
@Tag("lab")
@Timeout(300)
final class PieceCopyTest {
  private static final byte[] CONTENT = new byte[9_000_001];

  @TempDir private Path folder;
  private Path source = Path.of("");
  private Path target = Path.of("");

  @BeforeEach
  void two_file_systems() throws Exception {
    new Random(7).nextBytes(CONTENT);
    source = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-pieces");
    Files.write(source.resolve("f"), CONTENT);
    target = folder.resolve("target");
    assertThat(Files.getAttribute(source, "unix:dev"))
        .isNotEqualTo(Files.getAttribute(folder, "unix:dev"));
  }

  @AfterEach
  void clean() throws Exception {
    TestingTree.deleteTree(source);
  }

  private TestingCopyProcess.Ending copy(TestingCopyProcess process) throws Exception {
    return process.copy(List.of("-a", source + "/", "" + target));
  }

  private static TestingCopyProcess start(Path folder) throws Exception {
    return TestingCopyProcess.start(TestingCopyProcess.Way.LOCAL, folder.resolve("first"), "-a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "EINVAL:when=1", // into the pipe: nothing of this source goes
        "EINVAL:when=2", // out of it: what is in the pipe is left there
        "EINVAL:when=40", // in the midst of it
        "EINTR:when=1..40+3",
        "EINTR:when=2..40+3",
      })
  void it_is_whole_whatever_is_refused(String error) throws Exception {
    try (TestingCopyProcess process = start(folder);
        TestingTracer tracer = new TestingTracer(process.pid(), folder, "splice:error=" + error)) {
      TestingCopyProcess.Ending ending = copy(process);
      assertThat(tracer.end()).isNotEmpty();
      assertThat(ending.told()).isEmpty();
      assertThat(ending.exit()).isZero();
    }
    assertThat(target.resolve("f")).hasBinaryContent(CONTENT);
  }

  @ParameterizedTest
  @CsvSource({
    "EIO:when=11, 'cannot be read at the source: Input/output error'",
    "EIO:when=12, 'cannot be written at the target (TARGET): Input/output error'",
    "ENOSPC:when=12, 'cannot be written at the target (TARGET): No space left on device'",
  })
  void what_cannot_be_read_or_written_is_told_and_nothing_half_written_stays(
      String error, String words) throws Exception {
    try (TestingCopyProcess process = start(folder)) {
      try (TestingTracer tracer =
          new TestingTracer(process.pid(), folder, "splice:error=" + error)) {
        TestingCopyProcess.Ending ending = copy(process);
        assertThat(tracer.end()).hasSize(1);
        assertThat(ending.told())
            .as("%s", ending)
            .contains("f", words.replace("TARGET", target.toString()));
        assertThat(ending.exit()).isEqualTo(23);
      }
      try (var names = Files.list(target)) {
        assertThat(names).isEmpty();
      }
      assertThat(copy(process).exit()).isZero();
    }
    assertThat(target.resolve("f")).hasBinaryContent(CONTENT);
  }
}
