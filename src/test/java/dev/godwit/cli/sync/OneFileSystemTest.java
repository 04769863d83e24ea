package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code -x} stays on the file system that the argument is on, which need not be that of the
 * directory it is named in: {@code here/disk} is one, and {@code here/disk/inner} another. The
 * listing on the target is rsync's.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class OneFileSystemTest {
  @TempDir private Path folder;

  private Path disk;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectories(folder.resolve("here/disk"));
    TestingTrees.run(folder, "mount", "-t", "tmpfs", "none", disk.toString());
    Path inner = Files.createDirectories(disk.resolve("inner"));
    TestingTrees.run(folder, "mount", "-t", "tmpfs", "none", inner.toString());
    write("here/beside/file");
    write("here/disk/top");
    write("here/disk/deep/deeper/file");
    write("here/disk/inner/other");
    write("here/disk/inner/deep/other");
    Files.createSymbolicLink(folder.resolve("here/link"), Path.of("disk"));
    Files.createSymbolicLink(disk.resolve("back"), Path.of("../beside"));
  }

  private void write(String path) throws Exception {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, path);
  }

  @AfterEach
  void unmount() throws Exception {
    for (Path mounted : List.of(disk.resolve("inner"), disk)) {
      new ProcessBuilder("umount", "-lq", mounted.toString()).start().waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-x HERE/disk",
        "-x HERE/disk/",
        "-xR HERE/disk",
        "-xR HERE/disk/",
        "-xR HERE/./disk",
        "-xR HERE/disk/./deep",
        "-xR HERE/disk/deep HERE/beside",
        "-xR HERE/./disk HERE/./disk/inner",
        "-xR HERE/disk/inner",
        "-xR HERE",
        "-xR HERE/link/",
        "-xR HERE/link/deep",
        "-xR --no-implied-dirs HERE/disk",
        "-xL HERE/link",
        "-xk HERE/link",
        "-xLR HERE/link",
        "-xkR HERE/link",
        "-xkR HERE/./link HERE/./disk",
        "-xL HERE",
        "-xx HERE/disk",
        "-xxR HERE/disk",
        "-xxR HERE",
      })
  void what_is_copied_is_what_rsync_copies(String words) throws Exception {
    assertThat(copied(words, true)).isEqualTo(copied(words, false));
  }

  private String copied(String words, boolean isGodwit) throws Exception {
    Path target = Files.createDirectory(folder.resolve(isGodwit ? "godwit" : "rsync"));
    List<String> arguments = new ArrayList<>(List.of("-a"));
    String here = folder.resolve("here").toString();
    Arrays.stream(words.split(" ")).map(w -> w.replace("HERE", here)).forEach(arguments::add);
    arguments.add(target + "/");
    TestingRun run = isGodwit ? TestingRun.godwit(arguments) : TestingRun.rsync(arguments);
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    return String.join("\n", TestingTrees.listing(target).keySet());
  }
}
