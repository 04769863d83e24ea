package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is loaded while the ahead-of-time cache is trained is in it. */
@Timeout(TestingPatience.TEST_SECONDS)
final class StartTrainingTest {
  @TempDir Path folder;

  /** A far host is trained for both sides of a mirror as well. */
  @ParameterizedTest
  @ValueSource(strings = {"", "agent"})
  void copies_and_mirrors_are_in_it_and_nothing_is_left(String argument) throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Path state = Files.createDirectory(folder.resolve("state"));
    Path loaded = folder.resolve("loaded");
    Path said = folder.resolve("said");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temporary,
                "-Xlog:class+load:file=" + loaded,
                "-cp",
                System.getProperty("java.class.path"),
                StartTraining.class.getName()));
    if (!argument.isEmpty()) {
      command.add(argument);
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(said.toFile());
    builder.environment().put("STATE_DIRECTORY", state.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor()).as(() -> said.toFile() + ": " + text(said)).isZero();
    assertThat(text(loaded))
        .contains(
            "dev.godwit.sync.copy.TreeUpdate ",
            "dev.godwit.mirror.MirrorSource ",
            "dev.godwit.mirror.Feeder ",
            "dev.godwit.sync.copy.SeriesSource ",
            "dev.godwit.sync.copy.SeriesTarget ",
            "dev.godwit.watch.Watch ");
    for (Path empty : List.of(temporary, state)) {
      try (Stream<Path> left = Files.list(empty)) {
        assertThat(left).as("left in %s", empty).isEmpty();
      }
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
