package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that are written on another file system than the one that they are for ({@code --temp-dir},
 * here {@code MEMORY}), or get their names at the end ({@code --delay-updates}): what stands then
 * is what rsync leaves, hard links too.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class LateNamesTest {
  @TempDir private Path folder;

  @TempDir(factory = TestingMemoryFolder.class)
  private Path memory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-aH --temp-dir=MEMORY",
        "-aH --temp-dir=MEMORY --fsync",
        "-aH --delay-updates",
        "-aH --delay-updates --temp-dir=MEMORY",
        "-aHb --backup-dir=../kept --delay-updates --temp-dir=MEMORY",
        "-rtH --temp-dir=MEMORY",
        "-rtH --delay-updates --temp-dir=MEMORY",
        "-aH --delay-updates --link-dest=../basis",
        "-aH --delay-updates --link-dest=../otherwise",
        "-aH --delay-updates --copy-dest=../basis",
        "-aH --delay-updates --copy-dest=../otherwise",
        "-aH --delay-updates --compare-dest=../basis",
        "-aH --temp-dir=MEMORY --link-dest=../basis",
        "-aH --temp-dir=MEMORY --copy-dest=../basis",
        "-aH --delay-updates --temp-dir=MEMORY --copy-dest=../basis",
      })
  void what_stands_in_the_end_is_what_rsync_leaves(String words) throws Exception {
    assertThat(Files.getFileStore(memory)).isNotEqualTo(Files.getFileStore(folder));
    Path origin = Files.createDirectory(folder.resolve("origin"));
    TestingTrees.run(
        origin,
        "sh",
        "-ec",
        """
        mkdir -p source/below target
        echo new >source/file
        echo new >source/alone
        chmod 640 source/alone
        touch -d 2020-01-01 source/file source/alone
        ln source/file source/name
        ln source/file source/below/name
        cp -a source basis
        cp -a source otherwise
        chmod 600 otherwise/file
        echo older >target/file
        echo older >target/alone
        chmod 604 target/alone
        ln target/file target/name
        touch -d 2020-01-01 source/below source
        """);
    String rsync = copied(origin, words, false);
    assertThat(copied(origin, words, true)).isEqualTo(rsync);
    assertThat(memory).isEmptyDirectory();
  }

  private String copied(Path origin, String words, boolean isGodwit) throws Exception {
    Path here = folder.resolve(isGodwit ? "godwit" : "rsync");
    TestingTrees.run(folder, "cp", "-a", origin.toString(), here.toString());
    List<String> arguments = new ArrayList<>();
    Arrays.stream(words.split(" "))
        .map(word -> word.replace("MEMORY", memory.toString()))
        .forEach(arguments::add);
    arguments.add(here + "/source/");
    arguments.add(here + "/target");
    TestingRun run = isGodwit ? TestingRun.godwit(arguments) : TestingRun.rsync(arguments);
    assertThat(run.err()).isEmpty();
    return run.exit() + "\n" + TestingTrees.listing(here.resolve("target"));
  }
}
