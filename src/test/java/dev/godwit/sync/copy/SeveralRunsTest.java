package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs that write to one target at the same time, or to targets one of which lies in the other,
 * leave each other's temporary names alone.
 */
@Tag("lab")
@Timeout(300)
final class SeveralRunsTest {
  @TempDir private Path folder;

  @ParameterizedTest(name = "a slow run into {0}, a quick one into {1}")
  @CsvSource({
    "LOCAL, target/sub, target",
    "LOCAL, target, target/sub",
    "LOCAL, target, target",
    "AGENT_TARGET, target/sub, target",
    "AGENT_TARGET, target, target"
  })
  void h14_what_another_run_has_under_way_stays(
      TestingCopyProcess.Way way, String slow, String quick) throws Exception {
    // One of the two directories stands and gets a new file; the other one is itself new.
    Path from = TestingTrees.folder(folder, "source/sub");
    byte[] content = new byte[700_000];
    new Random(1).nextBytes(content);
    Files.write(from.resolve("large"), content);
    Files.write(TestingTrees.folder(from, "new").resolve("large"), content);
    Path to = TestingTrees.folder(folder, "target/sub");
    Path other = TestingTrees.folder(folder, "other/sub");
    Files.writeString(other.resolve("small"), "small");
    try (TestingCopyProcess process =
            TestingCopyProcess.start(way, folder.resolve("first"), "-a", "--delete");
        TestingCopyProcess third =
            TestingCopyProcess.start(
                TestingCopyProcess.Way.LOCAL, folder.resolve("third"), "-a", "--delete")) {
      process.begin(arguments("--bwlimit=300", "source", slow));
      TestingPatience.await(() -> !temporaries(to).isEmpty());
      Path left = to.resolve(Names.display(new TemporaryNames().next()));
      Files.writeString(left, "of a run that was killed");
      for (int i = 0; i < 2; i++) { // the second one has no other beside it but the slow one
        assertThat(third.copy(arguments("--times", "other", quick)))
            .isEqualTo(new TestingCopyProcess.Ending(0, ""));
      }
      assertThat(process.end()).isEqualTo(new TestingCopyProcess.Ending(0, ""));
      assertThat(third.copy(arguments("--times", "other", quick)).exit()).isZero();
    }
    assertThat(to.resolve("large")).hasBinaryContent(content);
    assertThat(to.resolve("new/large")).hasBinaryContent(content);
    assertThat(to.resolve("small")).hasContent("small");
    assertThat(temporaries(to)).isEmpty();
  }

  private List<String> arguments(String option, String from, String to) {
    String source = to.endsWith("sub") ? from + "/sub/" : from + "/";
    return List.of("-a", option, folder.resolve(source) + "/", folder.resolve(to).toString());
  }

  private static List<Path> temporaries(Path directory) throws Exception {
    try (Stream<Path> names = Files.list(directory)) {
      return names.filter(name -> name.getFileName().toString().startsWith(".godwit-")).toList();
    }
  }
}
