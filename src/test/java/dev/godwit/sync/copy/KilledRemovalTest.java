package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Copies whose files go from the source ({@code --remove-source-files}) are killed when one of them
 * has gone: each file has its own name, and all its content, on one of the two sides at every
 * moment.
 */
@Tag("lab")
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KilledRemovalTest {
  private static final int KILLS = Integer.getInteger("godwit.faults.kills", 5);
  private static final long SEED = Long.getLong("godwit.faults.seed", new Random().nextLong());
  private static final int DIRECTORIES = 6;
  private static final int FILES = 250;

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "LOCAL, -a --remove-source-files",
    "LOCAL, -a --remove-source-files --delay-updates",
    "AGENT_TARGET, -a --remove-source-files",
    "AGENT_SOURCE, -a --remove-source-files --delay-updates"
  })
  void a_file_that_goes_from_the_source_is_on_the_target_under_its_name(
      TestingCopyProcess.Way way, String line) throws Exception {
    Path source = folder.resolve("source");
    Path target = folder.resolve("target");
    List<String> arguments = new ArrayList<>(List.of(line.split(" ")));
    arguments.add(source + "/");
    arguments.add(target.toString());
    Random random = new Random(SEED);
    int inTheMiddle = 0;
    try (TestingCopyProcess next = start(way, "next")) {
      for (int i = 0; i < KILLS; i++) {
        TestingTrees.run(folder, "rm", "-rf", "source", "target");
        make(source);
        Path first = source.resolve(name(random.nextInt(DIRECTORIES), random.nextInt(FILES)));
        String what = "seed " + SEED + ", kill " + i + " when it was gone: " + first;
        try (TestingCopyProcess process = start(way, "first")) {
          process.begin(arguments);
          while (Files.exists(first)) {
            LockSupport.parkNanos(50_000);
          }
          process.kill();
          process.awaitAgent();
        }
        long gone = assertAllThere(source, target, what);
        inTheMiddle += gone > 0 && gone < DIRECTORIES * FILES ? 1 : 0;
        assertThat(next.copy(arguments)).as(what).isEqualTo(new TestingCopyProcess.Ending(0, ""));
        assertThat(assertAllThere(source, target, what)).isEqualTo(DIRECTORIES * FILES);
        TestingTrees.run(folder, "rm", "-rf", "first");
      }
    }
    assertThat(inTheMiddle).as("kills in the middle of it, of %d", KILLS).isPositive();
  }

  private TestingCopyProcess start(TestingCopyProcess.Way way, String name) throws Exception {
    return TestingCopyProcess.start(way, folder.resolve(name), "-a");
  }

  private static String name(int directory, int file) {
    return "new" + directory + "/in/f" + file;
  }

  private static String content(int directory, int file) {
    return (directory + " " + file + " ").repeat(100 + file);
  }

  private static void make(Path source) throws Exception {
    for (int d = 0; d < DIRECTORIES; d++) {
      for (int f = 0; f < FILES; f++) {
        Path file = source.resolve(name(d, f));
        Files.createDirectories(file.getParent());
        Files.writeString(file, content(d, f));
      }
    }
  }

  /** How many have gone from the source. */
  private static long assertAllThere(Path source, Path target, String what) throws Exception {
    long gone = 0;
    for (int d = 0; d < DIRECTORIES; d++) {
      for (int f = 0; f < FILES; f++) {
        boolean isLeft = Files.exists(source.resolve(name(d, f)));
        gone += isLeft ? 0 : 1;
        Path file = (isLeft ? source : target).resolve(name(d, f));
        assertThat(file).as(what).hasContent(content(d, f));
      }
    }
    return gone;
  }
}
