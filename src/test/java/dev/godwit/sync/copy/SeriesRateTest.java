package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures; asserts only that everything arrived. */
@Tag("lab")
class SeriesRateTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  @Test
  void rates() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Random random = new Random(1);
    byte[] content = new byte[4096];
    for (int d = 0; d < 200; d++) {
      Path directory = TestingTrees.folder(source, "d" + d);
      for (int f = 0; f < 100; f++) {
        random.nextBytes(content);
        Files.write(directory.resolve("f" + f), Arrays.copyOf(content, random.nextInt(4096)));
      }
    }
    for (int round = 0; round < 4; round++) {
      Path target = folder.resolve("target" + round);
      report("first copy", TestingSeries.once(source, target));
      TestingSeries.Once again = TestingSeries.once(source, target);
      report("nothing to do", again);
      assertThat(again.counters().filesSent()).isZero();
    }
    Path large = TestingTrees.folder(folder, "large");
    byte[] block = new byte[1 << 20];
    try (var out = Files.newOutputStream(large.resolve("file"))) {
      for (int i = 0; i < 400; i++) {
        random.nextBytes(block);
        out.write(block);
      }
    }
    for (int round = 0; round < 3; round++) {
      TestingSeries.Once result = TestingSeries.once(large, folder.resolve("large" + round));
      System.out.printf(
          "one file of 400 MiB: %d ms, %.0f MB/s%n",
          result.duration().toMillis(), 400 * 1.048576e9 / result.duration().toNanos());
      assertThat(result.isComplete()).isTrue();
    }
  }

  private static void report(String what, TestingSeries.Once result) {
    assertThat(result.problems()).isEmpty();
    System.out.printf(
        "%s: %d files in %d ms, %.0f files/s%n",
        what,
        result.counters().filesSeen(),
        result.duration().toMillis(),
        result.counters().filesSeen() * 1e9 / result.duration().toNanos());
  }
}
