package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is mounted below a directory, and what of it could be copied. */
@Tag("lab")
final class MountBelowTest {
  @TempDir Path folder;

  @Test
  void h25_what_could_take_part() throws Exception {
    Path root = Files.createDirectories(folder.toRealPath().resolve("root"));
    Files.createDirectories(folder.resolve("root-not/x"));
    for (String place : List.of("ü", "own", "up", "jail/proc")) {
      Files.createDirectories(root.resolve(place));
    }
    Path file = Files.createFile(root.resolve("file"));
    List<Path> mounted = new ArrayList<>();
    try {
      mount(mounted, root.resolve("ü"), "-t", "tmpfs", "none");
      mount(mounted, root.resolve("jail/proc"), "-t", "proc", "none");
      mount(mounted, file, "--bind", "/etc/passwd");
      mount(mounted, root.resolve("own"), "--bind", folder.resolve("root-not").toString());
      mount(mounted, root.resolve("up"), "--bind", folder.toString());
      mount(mounted, folder.resolve("root-not/x"), "-t", "tmpfs", "none");
      assertThat(MountBelow.of(Names.of(root.toString())))
          .extracting(mount -> mount + ": " + mount.mayTakePart())
          .satisfiesExactly(
              is -> assertThat(is).matches("file \\(.*\\): false"),
              is -> assertThat(is).isEqualTo("jail/proc (proc): false"),
              is -> assertThat(is).matches("own \\(.*\\): true"),
              is -> assertThat(is).as("it shows the root").matches("up \\(.*\\): false"),
              is -> assertThat(is).isEqualTo("ü (tmpfs): true"));
    } finally {
      for (Path place : mounted.reversed()) {
        run("umount", place.toString());
      }
    }
  }

  private static void mount(List<Path> mounted, Path place, String... words) throws Exception {
    List<String> argv = new ArrayList<>(List.of("mount"));
    argv.addAll(List.of(words));
    argv.add(place.toString());
    run(argv.toArray(String[]::new));
    mounted.add(place);
  }

  private static void run(String... argv) throws Exception {
    Processes.Outcome outcome = Processes.run(List.of(argv), Duration.ofSeconds(20));
    assertThat(outcome.isSuccess()).as(outcome.err()).isTrue();
  }
}
