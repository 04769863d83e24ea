package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Paths that an operator gives, in a directory where somebody else may make links. */
final class OperatorPathsTest {
  private static final int STRANGER = 4711;

  @TempDir Path folder;

  @BeforeEach
  void tree() throws Exception {
    Files.createDirectories(folder.resolve("real/below"));
    Files.createSymbolicLink(folder.resolve("own"), Path.of("real"));
    Files.createSymbolicLink(folder.resolve("absolute"), folder.resolve("own"));
  }

  private void strangerLinks(String name, String to) throws Exception {
    assumeTrue(Identity.isRoot(), "only root can make a link of somebody else");
    Path link = Files.createSymbolicLink(folder.resolve(name), Path.of(to));
    Files.setAttribute(link, "unix:uid", STRANGER, java.nio.file.LinkOption.NOFOLLOW_LINKS);
  }

  private Path opened(@Nullable String from, String path, @Nullable String confine)
      throws Exception {
    DirectoryHandle base = from == null ? null : DirectoryHandle.open(Names.of(from));
    try (DirectoryHandle in =
        OperatorPaths.openDirectory(
            base, Names.of(path), confine == null ? null : Names.of(confine))) {
      return Path.of("/proc/self/fd/" + in.descriptor()).toRealPath();
    } finally {
      if (base != null) {
        base.close();
      }
    }
  }

  @Test
  void links_of_root_and_of_the_user_are_followed() throws Exception {
    Path real = folder.resolve("real").toRealPath();
    assertThat(opened(null, folder + "/real", null)).isEqualTo(real);
    assertThat(opened(null, folder + "/own/below/..", null)).isEqualTo(real);
    assertThat(opened(null, folder + "/absolute/below", null)).isEqualTo(real.resolve("below"));
    assertThat(opened(folder.toString(), "absolute", null)).isEqualTo(real);
    assertThat(opened(folder + "/real/below", "../../own/", null)).isEqualTo(real);
  }

  @Test
  void h3_a_link_of_somebody_else_is_not_followed() throws Exception {
    strangerLinks("theirs", "real");
    strangerLinks("real/up", "..");
    Files.createSymbolicLink(folder.resolve("through"), Path.of("theirs/below"));
    for (String path : new String[] {"theirs", "theirs/below", "through", "own/up/real"}) {
      assertThatThrownBy(() -> opened(folder.toString(), path, null))
          .isInstanceOfSatisfying(
              LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ELOOP))
          .hasMessageContaining("belongs to user " + STRANGER);
    }
    assertThatThrownBy(
            () -> OperatorPaths.makeDirectory(null, Names.of(folder + "/theirs/new"), 0700))
        .hasMessageContaining("belongs to user " + STRANGER);
    assertThat(folder.resolve("real/new")).doesNotExist();
  }

  @Test
  void h3_what_lies_outside_of_the_root_is_refused() throws Exception {
    Path real = folder.resolve("real");
    assertThat(opened(null, folder + "/own", real.toString())).isEqualTo(real.toRealPath());
    assertThat(opened(real.toString(), "below", real.toString()).endsWith("below")).isTrue();
    assertThat(opened(null, folder.toString(), "/")).isEqualTo(folder.toRealPath());
    assertThatThrownBy(() -> opened(real.toString(), "..", real.toString()))
        .hasMessageContaining("--confine-root");
    Files.createDirectory(folder.resolve("real-too"));
    assertThatThrownBy(() -> opened(null, folder + "/real-too", real.toString()))
        .hasMessageContaining("--confine-root");
  }

  @Test
  void directories_are_made_where_the_path_leads() throws Exception {
    OperatorPaths.makeDirectory(null, Names.of(folder + "/own/made/"), 0700);
    try (DirectoryHandle base = DirectoryHandle.open(Names.of(folder.toString()))) {
      OperatorPaths.makeDirectory(base, Names.of("made-too"), 0700);
    }
    assertThat(folder.resolve("real/made")).isDirectory();
    assertThat(folder.resolve("made-too")).isDirectory();
  }

  @Test
  void what_is_no_directory_or_not_there_is_said() throws Exception {
    Files.writeString(folder.resolve("file"), "");
    Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
    for (var each :
        java.util.Map.of(
                "file", Errno.ENOTDIR,
                "none", Errno.ENOENT,
                "none/below", Errno.ENOENT,
                "circle", Errno.ELOOP)
            .entrySet()) {
      assertThatThrownBy(() -> opened(folder.toString(), each.getKey(), null))
          .isInstanceOfSatisfying(
              LinuxException.class, e -> assertThat(e.errno()).isEqualTo(each.getValue()));
    }
  }
}
