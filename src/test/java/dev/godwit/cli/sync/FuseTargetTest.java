package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingTrees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A target that sshfs(1) has mounted: no rename there can promise to replace nothing, and each name
 * has an inode number of its own, also when it is another name of a file.
 */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class FuseTargetTest {
  private static final Path SERVER = Path.of("/usr/lib/openssh/sftp-server");

  @TempDir private Path folder;

  private Path source;
  private Path behind;
  private Path target;

  @BeforeEach
  void mount() throws Exception {
    assumeThat(Path.of("/usr/bin/sshfs")).isExecutable();
    assumeThat(SERVER).isExecutable();
    source = Files.createDirectory(folder.resolve("source"));
    behind = Files.createDirectory(folder.resolve("behind"));
    target = Files.createDirectory(folder.resolve("target"));
    // In the place of ssh: nothing is between the two.
    Path server = Files.writeString(folder.resolve("server"), "#!/bin/sh\nexec " + SERVER + "\n");
    Files.setPosixFilePermissions(server, PosixFilePermissions.fromString("rwxr-xr-x"));
    TestingTrees.run(
        folder, "sshfs", "-o", "ssh_command=" + server, "here:" + behind, target.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    new ProcessBuilder("umount", "--quiet", "--lazy", target.toString()).start().waitFor();
  }

  private void write(String path, String content) throws IOException {
    Path file = source.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  /** Whole seconds: the server's protocol knows no others. */
  private void settle() throws Exception {
    TestingTrees.run(source, "find", ".", "-exec", "touch", "-h", "-d", "@1000000000", "{}", "+");
  }

  /** A link's time would be set where it leads to: sshfs follows it, also for rsync. */
  private void sync(String... options) throws Exception {
    settle();
    List<String> arguments = new ArrayList<>(List.of("-aHJ", "--delete"));
    Collections.addAll(arguments, options);
    Collections.addAll(arguments, source + "/", target + "/");
    TestingRun run = TestingRun.godwit(arguments);
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
  }

  /** Nothing more and nothing less is on the server than at the source, links counted. */
  private void assertEqual() throws Exception {
    for (String link : TestingTrees.run(behind, "find", ".", "-type", "l").lines().toList()) {
      TestingTrees.run(behind, "touch", "-h", "-d", "@1000000000", link);
    }
    assertThat(TestingTrees.listing(behind)).isEqualTo(TestingTrees.listing(source));
    assertThat(links(behind)).isEqualTo(links(source));
  }

  private static List<Map.Entry<String, Object>> links(Path root) throws IOException {
    List<Map.Entry<String, Object>> all = new ArrayList<>();
    try (Stream<Path> paths = Files.walk(root).filter(Files::isRegularFile).sorted()) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        all.add(
            Map.entry(root.relativize(path).toString(), Files.getAttribute(path, "unix:nlink")));
      }
    }
    return all;
  }

  @Test
  void new_directories_and_all_names_of_a_file() throws Exception {
    write("a/one", "1");
    write("a/deep/two", "2");
    write("b/three", "3");
    Files.createLink(source.resolve("b/also-one"), source.resolve("a/one"));
    Files.createSymbolicLink(source.resolve("link"), Path.of("a/one"));
    sync();
    assertEqual();
    sync(); // all is there: nothing is left beside it either
    assertEqual();
  }

  @Test
  void what_changes_and_what_goes() throws Exception {
    write("a/one", "1");
    write("a/two", "2");
    Files.createLink(source.resolve("also-one"), source.resolve("a/one"));
    sync();
    write("a/one", "changed");
    Files.delete(source.resolve("a/two"));
    write("new/one", "");
    Files.createLink(source.resolve("new/two"), source.resolve("a/one"));
    sync();
    assertEqual();
    Files.delete(source.resolve("also-one"));
    write("also-one", "on its own now, and longer");
    sync();
    assertEqual();
  }

  /** There is a moment without the name, which cannot be helped; what comes of it is the same. */
  @Test
  void h22_what_changes_its_type_where_no_two_names_can_be_exchanged() throws Exception {
    write("to-file/deep/one", "1");
    write("to-link/deep/one", "1");
    write("to-link/two", "2");
    write("to-directory", "a file");
    Files.createSymbolicLink(source.resolve("link-to-directory"), Path.of("to-link/two"));
    sync();
    assertEqual();
    for (String name : List.of("to-file", "to-link", "to-directory", "link-to-directory")) {
      TestingTrees.run(source, "rm", "-r", name);
    }
    write("to-file", "a file now");
    Files.createSymbolicLink(source.resolve("to-link"), Path.of("to-file"));
    write("to-directory/deep/one", "1");
    write("link-to-directory/two", "2");
    sync();
    assertEqual();
  }

  @Test
  void renames_are_found_and_what_is_removed_is_kept() throws Exception {
    for (int i = 0; i < 5; i++) {
      write("d/f" + i, "content of " + i);
    }
    write("gone", "gone");
    sync("--detect-renames");
    Files.move(source.resolve("d"), source.resolve("moved"));
    Files.move(source.resolve("moved/f1"), source.resolve("f1"));
    Files.delete(source.resolve("gone"));
    sync("--detect-renames", "--trash=.trash");
    try (Stream<Path> kept = Files.walk(behind.resolve(".trash"))) {
      assertThat(kept.map(path -> path.getFileName().toString())).contains("gone");
    }
    TestingTrees.run(folder, "rm", "-r", behind.resolve(".trash").toString());
    TestingTrees.run(behind, "touch", "-d", "@1000000000", ".");
    assertEqual();
  }
}
