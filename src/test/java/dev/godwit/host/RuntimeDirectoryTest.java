package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RuntimeDirectoryTest {
  @TempDir private Path base;

  @Test
  void folders_and_locks_of_what_was_shared_are_nothing() throws Exception {
    assertThat(RuntimeDirectory.holdsNothingButEmptyFolders(base)).isTrue();
    for (String folder : new String[] {"_mirror", ".stops", ".transparent/4026531840/users"}) {
      Files.createDirectories(base.resolve(folder));
    }
    Files.createFile(base.resolve(".transparent/4026531840/lock"));
    assertThat(RuntimeDirectory.holdsNothingButEmptyFolders(base)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "_mirror/0123.claim",
        "_forward/17.sock",
        ".stops/web",
        ".agents/old.sock",
        ".transparent/4026531840/users/17",
        "other/lock",
        "other/gate.pid"
      })
  void what_anybody_uses_is_something(String path) throws Exception {
    Path file = base.resolve(path);
    Files.createDirectories(file.getParent());
    Files.createFile(file);
    assertThat(RuntimeDirectory.holdsNothingButEmptyFolders(base)).isFalse();
  }
}
