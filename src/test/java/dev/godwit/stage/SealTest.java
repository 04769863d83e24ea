package dev.godwit.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is done to a tree is seen; what is only read is not. */
final class SealTest {
  @TempDir private Path tree;

  @BeforeEach
  void fill() throws IOException {
    Files.createDirectories(tree.resolve("a/b"));
    Files.writeString(tree.resolve("a/file"), "content");
    Files.writeString(tree.resolve("a/b/other"), "more");
    Files.createSymbolicLink(tree.resolve("link"), Path.of("a/file"));
  }

  private Seal seal() throws IOException {
    return Seal.of(List.of(Names.of(tree.toString())));
  }

  @Test
  void reading_changes_nothing() throws IOException {
    Seal before = seal();
    assertThat(before.names()).isEqualTo(6); // the root, two folders, two files, a link
    Files.readString(tree.resolve("a/file"));
    assertThat(seal()).isEqualTo(before);
  }

  @Test
  void content_of_the_same_length_with_its_time_set_back() throws IOException {
    Path file = tree.resolve("a/file");
    FileTime time = Files.getLastModifiedTime(file);
    Seal before = seal();
    Files.writeString(file, "CONTENT");
    Files.setLastModifiedTime(file, time);
    assertThat(seal()).isNotEqualTo(before);
  }

  @Test
  void a_name_more_a_name_less_a_name_that_is_another() throws IOException {
    Seal before = seal();
    Path more = Files.createFile(tree.resolve("a/b/more"));
    assertThat(seal()).isNotEqualTo(before);
    Files.delete(more);
    assertThat(seal()).as("its folder was changed").isNotEqualTo(before);
    Seal after = seal();
    Files.move(tree.resolve("link"), tree.resolve("chain"));
    assertThat(seal()).isNotEqualTo(after);
  }

  @Test
  void a_mode() throws IOException {
    Seal before = seal();
    Path file = tree.resolve("a/file");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(seal()).isNotEqualTo(before);
  }
}
