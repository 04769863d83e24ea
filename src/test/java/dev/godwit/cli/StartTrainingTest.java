package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Identity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is loaded while the ahead-of-time cache is trained is in it. */
@Timeout(TestingPatience.TEST_SECONDS)
final class StartTrainingTest {
  @TempDir Path folder;

  /** The first class of each is of no other kind. */
  private enum Kind {
    COPIES("dev.godwit.sync.copy.TreeUpdate ", "dev.godwit.sync.copy.LocalCopy "),
    MIRRORS(
        "dev.godwit.mirror.MirrorSource ",
        "dev.godwit.mirror.Feeder ",
        "dev.godwit.sync.copy.SeriesSource ",
        "dev.godwit.sync.copy.SeriesTarget ",
        "dev.godwit.watch.Watch "),
    FORWARDS("dev.godwit.forward.relay.Relay ", "dev.godwit.forward.relay.Flow ");

    private final String[] classes;

    Kind(String... classes) {
      this.classes = classes;
    }
  }

  /** A far host is trained for both sides of a mirror as well; what is not used takes no memory. */
  @ParameterizedTest
  @ValueSource(strings = {"", "agent", "sync", "forward"})
  void what_a_command_needs_is_in_it_and_nothing_is_left(String argument) throws Exception {
    Set<Kind> trained =
        switch (argument) {
          case "agent" -> EnumSet.of(Kind.COPIES, Kind.MIRRORS);
          case "sync" -> EnumSet.of(Kind.COPIES);
          case "forward" -> EnumSet.of(Kind.FORWARDS);
          default -> EnumSet.allOf(Kind.class);
        };
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
    Path runtime = folder.resolve("runtime");
    if (Identity.isRoot()) {
      command.addAll(0, withItsOwnRun(runtime));
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("XDG_RUNTIME_DIR", Files.createDirectory(runtime).toString());
    builder.redirectOutput(said.toFile());
    builder.environment().put("STATE_DIRECTORY", state.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor()).as(() -> said.toFile() + ": " + text(said)).isZero();
    for (Kind kind : Kind.values()) {
      if (trained.contains(kind)) {
        assertThat(text(loaded)).contains(kind.classes);
      } else {
        assertThat(text(loaded)).doesNotContain(kind.classes[0]);
      }
    }
    for (Path empty : List.of(temporary, state)) {
      try (Stream<Path> left = Files.list(empty)) {
        assertThat(left).as("left in %s", empty).isEmpty();
      }
    }
    assertThat(runtime.resolve("godwit/_mirror")).as("of a mirror").doesNotExist();
  }

  /** What root has in /run is there, and not what others on this machine put there meanwhile. */
  private static List<String> withItsOwnRun(Path runtime) {
    return List.of(
        "unshare", "--mount", "sh", "-c", "mount --bind " + runtime + " /run && exec \"$@\"", "sh");
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
