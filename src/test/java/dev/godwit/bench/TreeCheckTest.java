package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.bench.TreeCheck.Exactness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TreeCheckTest {
  private static final FileTime TIME = FileTime.from(Instant.parse("2025-01-01T00:00:00.5Z"));

  @TempDir private Path folder;
  private Path source;
  private Path target;

  @BeforeEach
  void make() throws Exception {
    source = tree("source");
    target = tree("target");
  }

  @Test
  void equal_trees_have_no_differences() throws Exception {
    assertThat(check(Exactness.EXACT)).isEmpty();
    assertThat(TreeCheck.openForRsync(source, target, Exactness.EXACT, "-a")).isEmpty();
  }

  @Test
  void other_content_of_the_same_size_and_time_is_found() throws Exception {
    Files.writeString(target.resolve("sub/file"), "contenT");
    settle(target);
    assertThat(check(Exactness.CONTENT)).containsExactly("other content: /sub/file");
    assertThat(TreeCheck.differences(source, target, Exactness.EXACT, false)).isEmpty();
  }

  @Test
  void other_size_mode_and_time_are_found() throws Exception {
    Files.writeString(target.resolve("sub/file"), "more content");
    Files.setPosixFilePermissions(
        target.resolve("sub/file"), PosixFilePermissions.fromString("rw-rw-rw-"));
    Files.setLastModifiedTime(target.resolve("sub/file"), FileTime.fromMillis(1));
    Files.setLastModifiedTime(target.resolve("sub"), TIME);
    assertThat(check(Exactness.EXACT))
        .extracting(line -> line.substring(0, line.indexOf(": ")))
        .containsExactly("another mode", "another time", "another size", "other content");
  }

  @Test
  void a_fraction_of_a_second_counts_only_where_it_can_be_kept() throws Exception {
    Files.setLastModifiedTime(
        target.resolve("sub/file"), FileTime.from(TIME.to(TimeUnit.SECONDS), TimeUnit.SECONDS));
    assertThat(check(Exactness.SECONDS)).isEmpty();
    assertThat(check(Exactness.EXACT)).hasSize(1);
  }

  @Test
  void what_is_missing_too_much_or_of_another_type_is_found() throws Exception {
    Files.delete(target.resolve("sub/file"));
    Files.createDirectory(target.resolve("sub/file"));
    Files.delete(target.resolve("link"));
    Files.createFile(target.resolve("new"));
    settle(target);
    assertThat(check(Exactness.CONTENT))
        .containsExactly("missing: /link", "another type: /sub/file", "not in the source: /new");
    assertThat(TreeCheck.openForRsync(source, target, Exactness.CONTENT, "-a")).isNotEmpty();
  }

  @Test
  void another_target_of_a_link_is_found() throws Exception {
    Files.delete(target.resolve("link"));
    Files.createSymbolicLink(target.resolve("link"), Path.of("elsewhere"));
    assertThat(check(Exactness.CONTENT)).hasSize(1).first().asString().contains("elsewhere");
  }

  private List<String> check(Exactness exactness) throws Exception {
    return TreeCheck.differences(source, target, exactness, true);
  }

  private Path tree(String name) throws Exception {
    Path root = Files.createDirectories(folder.resolve(name));
    Files.createDirectory(root.resolve("sub"));
    Files.writeString(root.resolve("sub/file"), "content");
    Path link = Files.createSymbolicLink(root.resolve("link"), Path.of("sub/file"));
    // Java cannot set the time of a link; touch(1) can.
    Programs.run("touch", "-h", "-d", TIME.toString(), link.toString());
    settle(root);
    return root;
  }

  private static void settle(Path root) throws Exception {
    for (Path path : List.of(root.resolve("sub/file"), root.resolve("sub"), root)) {
      Files.setLastModifiedTime(path, TIME);
    }
  }
}
