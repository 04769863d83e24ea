package dev.godwit.stage;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folders beside trees: made for root alone, removed with all that is in them and no more. */
final class DiskFoldersTest {
  @TempDir private Path parent;
  private Path folder;
  private List<byte[]> roots;

  @BeforeEach
  void trees() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    folder = parent.resolve(".godwit-rehearsal-mail");
    Files.createDirectories(parent.resolve("one"));
    Files.createDirectories(parent.resolve("two"));
    roots = List.of(bytes(parent.resolve("one")), bytes(parent.resolve("two")));
  }

  private static byte[] bytes(Path path) {
    return Names.of(path.toString());
  }

  private void make(int number) throws LinuxException {
    try (DirectoryHandle tree = DirectoryHandle.open(roots.get(number));
        DirectoryHandle made = requireNonNull(DiskFolders.make(tree, "mail", number))) {
      assertThat(made.status().permissions()).isEqualTo(0700);
    }
  }

  @Test
  void what_was_written_is_removed_and_nothing_that_a_link_leads_to() throws IOException {
    make(0);
    make(1);
    Path kept = Files.writeString(parent.resolve("kept"), "kept");
    Files.createDirectories(folder.resolve("0/upper/a/b"));
    Files.writeString(folder.resolve("0/upper/a/b/file"), "written");
    Files.createSymbolicLink(folder.resolve("1/link"), parent.resolve("one"));
    Files.createSymbolicLink(folder.resolve("1/file"), kept);
    Files.writeString(parent.resolve("one/data"), "data");
    assertThat(DiskFolders.remove(roots, "mail")).isEqualTo(1); // the trees share it
    assertThat(folder).doesNotExist();
    assertThat(kept).hasContent("kept");
    assertThat(parent.resolve("one/data")).hasContent("data");
    assertThat(DiskFolders.remove(roots, "mail")).isZero();
  }

  @Test
  void h3_a_folder_of_that_name_that_others_may_write_to_is_neither_used_nor_removed()
      throws IOException {
    Files.createDirectory(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path theirs = Files.writeString(folder.resolve("theirs"), "theirs");
    assertThatThrownBy(() -> make(0))
        .isInstanceOf(LinuxException.class)
        .hasMessageContaining("not private to root");
    assertThatThrownBy(() -> DiskFolders.remove(roots, "mail"))
        .isInstanceOf(LinuxException.class)
        .hasMessageContaining("not private to root");
    assertThat(theirs).hasContent("theirs");
  }

  @Test
  void h3_a_link_of_that_name_is_not_followed() throws IOException {
    Path elsewhere = Files.createDirectory(parent.resolve("elsewhere"));
    Path theirs = Files.writeString(elsewhere.resolve("theirs"), "theirs");
    Files.createSymbolicLink(folder, elsewhere);
    assertThatThrownBy(() -> make(0)).isInstanceOf(LinuxException.class);
    assertThat(DiskFolders.remove(roots, "mail")).isZero();
    assertThat(theirs).hasContent("theirs");
  }

  @Test
  void a_tree_that_is_not_there_has_nothing_beside_it() throws IOException {
    assertThat(DiskFolders.remove(List.of(bytes(parent.resolve("none"))), "mail")).isZero();
  }
}
