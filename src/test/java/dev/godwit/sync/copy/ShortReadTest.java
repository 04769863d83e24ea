package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file of the target's own host that is copied there, and of which less can be read than there
 * was: somebody cuts it at that moment. What stands under a name is whole, and it is told.
 */
@Tag("lab")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ShortReadTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  /** On another file system. */
  @TempDir Path elsewhere;

  /**
   * @param read which one of a thread finds the end of the file
   */
  private TestingCopyProcess.Ending copy(int read, String... options) throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("file"), "content ".repeat(1000));
    TestingTrees.run(folder, "cp", "-a", "source", "basis");
    TestingTrees.folder(folder, "target");
    TestingTrees.folder(folder, "process");
    try (TestingCopyProcess process =
        TestingCopyProcess.start(
            TestingCopyProcess.Way.LOCAL, folder.resolve("process"), options)) {
      List<String> arguments = new java.util.ArrayList<>(List.of(options)); // and what they are for
      arguments.add(source + "/");
      arguments.add(folder.resolve("target").toString());
      try (TestingTracer tracer =
          new TestingTracer(process.pid(), folder, "pread64:retval=0:when=" + read)) {
        TestingCopyProcess.Ending ending = process.copy(arguments);
        assertThat(tracer.end()).as("%s", ending).isNotEmpty();
        return ending;
      }
    }
  }

  private void assertToldAndAbsent(TestingCopyProcess.Ending ending) throws Exception {
    assertThat(ending.exit()).as("%s", ending).isEqualTo(23);
    assertThat(ending.told()).contains("file").contains("Stale file handle");
    assertThat(folder.resolve("target/file")).doesNotExist();
    assertThat(elsewhere).isEmptyDirectory();
  }

  @Test
  void h13_a_file_of_copy_dest() throws Exception {
    assertToldAndAbsent(copy(1, "-a", "--copy-dest=" + folder.resolve("basis")));
  }

  /** The first one reads the source. */
  @Test
  void h13_a_temporary_file_on_another_file_system() throws Exception {
    assertToldAndAbsent(copy(2, "-a", "--temp-dir=" + elsewhere));
  }
}
