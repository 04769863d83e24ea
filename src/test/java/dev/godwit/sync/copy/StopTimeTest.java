package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run whose time is over before all is copied (--stop-after, --stop-at). */
@Timeout(TestingPatience.TEST_SECONDS)
class StopTimeTest {
  private static final int FILES = 40;

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  @ParameterizedTest
  @EnumSource
  void what_is_there_is_whole_and_the_next_run_brings_the_rest(TestingRun.Way way)
      throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    byte[] content = new byte[100_000];
    Random random = new Random(1);
    for (int i = 0; i < FILES; i++) {
      random.nextBytes(content);
      Files.write(source.resolve("f" + i), content);
    }
    Path target = TestingTrees.folder(folder, "target");
    TestingRun stopped =
        TestingRun.of(
            way,
            target,
            source + "/",
            rules -> {
              rules.bandwidth = 400_000; // ten seconds for all
              rules.stopAtSeconds = System.currentTimeMillis() / 1000 + 2;
            });
    assertThat(Objects.requireNonNull(stopped.result).status()).isEqualTo(CopyStatus.TIMEOUT);
    assertThat(stopped.failures).hasSize(1);
    assertThat(stopped.failures.getFirst()).contains("the time that was set is over");
    try (Stream<Path> there = Files.list(target)) {
      for (Path file : (Iterable<Path>) there::iterator) {
        assertThat(file).as("whole").hasSameBinaryContentAs(source.resolve(file.getFileName()));
      }
    }
    assertThat(target.resolve("f9")).as("the last in order is not there yet").doesNotExist();
    TestingRun rest = TestingRun.of(way, target, source + "/", rules -> {});
    assertThat(Objects.requireNonNull(rest.result).status()).isEqualTo(CopyStatus.DONE);
    assertThat(TestingRun.differences(source, target)).isEmpty();
  }
}
