package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingTrees;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A target that takes names for one that differ by case or by Unicode's forms (H12): made by FUSE,
 * as few kernels have such a file system of their own.
 */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class FoldingTargetTest {
  private static final Path FUSEPY = Path.of("/usr/lib/python3/dist-packages/fusepy.py");

  @TempDir private Path folder;

  private Path source;
  private Path target;

  private Process server;

  @BeforeEach
  void mount() throws Exception {
    assumeThat(FUSEPY).exists();
    source = Files.createDirectory(folder.resolve("source"));
    target = Files.createDirectory(folder.resolve("target"));
    Path behind = Files.createDirectory(folder.resolve("behind"));
    Path script = folder.resolve("folding.py");
    try (InputStream in = FoldingTargetTest.class.getResourceAsStream("folding.py")) {
      Files.copy(Objects.requireNonNull(in), script);
    }
    Object before = Files.getAttribute(target, "unix:dev");
    server =
        new ProcessBuilder(
                "/usr/bin/python3", script.toString(), behind.toString(), target.toString())
            .inheritIO()
            .start();
    while (before.equals(Files.getAttribute(target, "unix:dev"))) {
      assertThat(server.isAlive()).isTrue();
      Thread.sleep(10);
    }
  }

  @AfterEach
  void unmount() throws Exception {
    new ProcessBuilder("umount", "--quiet", "--lazy", target.toString()).start().waitFor();
    if (server != null && !server.waitFor(10, TimeUnit.SECONDS)) {
      server.destroyForcibly().waitFor();
    }
  }

  private void write(String path, String content) throws Exception {
    Path file = source.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    TestingTrees.run(source, "touch", "-d", "@1000000000", file.toString());
  }

  private List<String> arguments(String... options) {
    List<String> arguments = new ArrayList<>(List.of("-rt"));
    Collections.addAll(arguments, options);
    Collections.addAll(arguments, source + "/", target + "/");
    return arguments;
  }

  private TestingRun sync(String... options) {
    return TestingRun.godwit(arguments(options));
  }

  /** What the target has, with the content of files. */
  private List<String> standing() throws IOException {
    List<String> all = new ArrayList<>();
    try (Stream<Path> paths = Files.walk(target).filter(path -> !path.equals(target)).sorted()) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        String name = target.relativize(path).toString();
        all.add(Files.isDirectory(path) ? name + "/" : name + ": " + Files.readString(path));
      }
    }
    return all;
  }

  @Test
  void h12_names_that_are_one_at_the_target_are_refused_and_none_is_written() throws Exception {
    write("A", "of A");
    write("a", "of a");
    write("b", "of b");
    write("caf\u00e9", "composed");
    write("cafe\u0301", "decomposed");
    write("in/Mail/one", "1");
    write("in/mail/two", "2");
    write("in/other/three", "3");
    TestingRun run = sync("--remove-source-files");
    assertThat(run.exit()).isEqualTo(23);
    assertThat(run.err())
        .contains("A: not copied: the target's file system takes it for the same name as a")
        .contains("a: not copied: the target's file system takes it for the same name as A")
        .contains("in/Mail: not copied")
        .contains("in/mail: not copied");
    assertThat(standing()).containsExactly("b: of b", "in/", "in/other/", "in/other/three: 3");
    assertThat(source.resolve("A")).hasContent("of A");
    assertThat(source.resolve("a")).hasContent("of a");
    assertThat(source.resolve("in/mail/two")).exists();
    assertThat(source.resolve("b")).doesNotExist();
  }

  /** That it is a hazard: rsync's second file goes over the first. */
  @Test
  void the_file_system_is_one_that_does_this() throws Exception {
    write("A", "of A");
    write("a", "of a");
    TestingRun.rsync(arguments());
    assertThat(standing()).hasSize(1);
  }

  @Test
  void h12_a_name_that_stands_under_another_spelling_is_not_written_over() throws Exception {
    write("README", "upper");
    assertThat(sync().exit()).isZero();
    Files.delete(source.resolve("README"));
    write("readme", "lower");
    TestingRun run = sync();
    assertThat(run.exit()).isEqualTo(23);
    assertThat(run.err()).contains("readme: not copied").contains("same name as README");
    assertThat(standing()).containsExactly("README: upper");
    // What removes comes first, and nothing is in the way then.
    assertThat(sync("--delete").exit()).isZero();
    assertThat(standing()).containsExactly("readme: lower");
    write("README", "upper");
    Files.delete(source.resolve("readme"));
    assertThat(sync("--delete-after").exit()).isEqualTo(23);
    assertThat(sync("--delete-after").exit()).isZero();
    assertThat(standing()).containsExactly("README: upper");
  }

  @Test
  void names_that_are_not_alike_are_copied_as_anywhere() throws Exception {
    write("a", "1");
    write("B", "2");
    write("ab/Cd", "3");
    write("ab/ce", "4");
    assertThat(sync()).isEqualTo(new TestingRun(0, "", ""));
    assertThat(standing()).containsExactly("B: 2", "a: 1", "ab/", "ab/Cd: 3", "ab/ce: 4");
    assertThat(sync("-i", "--delete", "-O")).isEqualTo(new TestingRun(0, "", ""));
    write("ab/ce", "changed");
    assertThat(sync("--delete")).isEqualTo(new TestingRun(0, "", ""));
    assertThat(standing()).contains("ab/ce: changed");
  }
}
