package dev.godwit.forward.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.SharedChange;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.linux.Sysctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The limit of a host on which it is low, as long as gates need it. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ListenLimitTest {
  private static final Path LIMIT = Path.of("/proc/sys/net/core/somaxconn");

  @TempDir private Path directory;
  private TestingNamespace host;

  @BeforeEach
  void start() throws Exception {
    host = new TestingNamespace();
  }

  @AfterEach
  void end() throws Exception {
    host.close();
  }

  private static void set(int limit) throws IOException {
    Files.writeString(LIMIT, limit + "\n");
  }

  private static int now() throws IOException {
    return Integer.parseInt(Sysctl.read(LIMIT));
  }

  @Test
  void the_last_gate_puts_it_back() throws Exception {
    host.call(
        () -> {
          set(128);
          try (SharedChange one = ListenLimit.raise(directory.resolve("one"), "one")) {
            assertThat(now()).isEqualTo(ServiceListener.BACKLOG);
            SharedChange two = ListenLimit.raise(directory.resolve("two"), "two");
            one.close();
            assertThat(now()).as("the other still needs it").isEqualTo(ServiceListener.BACKLOG);
            two.close();
          }
          assertThat(now()).isEqualTo(128);
          return null;
        });
  }

  @Test
  void what_is_higher_or_was_set_meanwhile_stays() throws Exception {
    host.call(
        () -> {
          set(8192);
          try (SharedChange gate = ListenLimit.raise(directory.resolve("one"), "one")) {
            assertThat(now()).isEqualTo(8192);
            assertThat(gate).isNotNull();
          }
          assertThat(now()).isEqualTo(8192);
          set(128);
          try (SharedChange gate = ListenLimit.raise(directory.resolve("one"), "one")) {
            set(1000);
            assertThat(gate).isNotNull();
          }
          assertThat(now()).isEqualTo(1000);
          return null;
        });
  }
}
