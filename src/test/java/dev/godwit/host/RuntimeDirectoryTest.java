package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
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

  /** Its queue is full after some questions: to ask again would wait for as long as it hangs. */
  @Test
  void a_process_that_hangs_is_not_waited_for_beyond_the_limit() throws Exception {
    try (ServerSocketChannel hanging = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      hanging.bind(UnixDomainSocketAddress.of(base.resolve("gate.sock")), 1);
      FutureTask<Void> asks =
          new FutureTask<>(
              () -> {
                RuntimeDirectory.awaitNobody(base, Duration.ofMillis(200));
                return null;
              });
      Thread unused = Thread.ofPlatform().daemon().start(asks);
      assertThatThrownBy(() -> asks.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class)
          .hasMessageContaining("gate.sock still answers");
    }
    RuntimeDirectory.awaitNobody(base, Duration.ZERO); // what it has left there is nobody
  }
}
