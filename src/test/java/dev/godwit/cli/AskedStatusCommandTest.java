package dev.godwit.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.daemon.ControlServer;
import dev.godwit.daemon.ControlSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What is told of several processes when one of them is in the way. */
@Timeout(TestingPatience.TEST_SECONDS)
final class AskedStatusCommandTest {
  private final ControlSocket sockets =
      new ControlSocket("test-" + ProcessHandle.current().pid(), "test");
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private final class Command extends AskedStatusCommand {
    private Command() {
      super(
          new Terminal(
              new PrintStream(out, true, UTF_8),
              new PrintStream(err, true, UTF_8),
              false,
              false,
              Map.of()),
          sockets,
          "processes");
    }

    @Override
    String text(JsonNode status, Instant now, int width) {
      return "process " + status.get("name").asString();
    }

    @Override
    boolean isWell(JsonNode status) {
      return true;
    }
  }

  /** One that ends at the moment when it is asked, or hangs. */
  private static void endWhenAsked(ServerSocketChannel silent) {
    while (true) {
      try {
        silent.accept().close();
      } catch (IOException e) {
        return;
      }
    }
  }

  @Test
  void one_that_does_not_answer_keeps_nobody_from_hearing_of_the_others() throws Exception {
    Process other = new ProcessBuilder("sleep", "1000").start();
    Path silentAt = sockets.pathOf(other.pid());
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(silentAt));
      Thread.ofPlatform().daemon().start(() -> endWhenAsked(silent));
      assertThatThrownBy(() -> new Command().call())
          .isInstanceOf(UserFailure.class)
          .hasMessageContaining(silentAt.toString())
          .hasMessageNotContaining("status` shows"); // which is what was typed
      try (ControlServer server =
          ControlServer.start(
              sockets.pathOf(ProcessHandle.current().pid()), words -> "{\"name\": \"one\"}")) {
        assertThat(new Command().call()).isEqualTo(ExitCode.UNREACHABLE.status());
      }
      assertThat(out.toString()).isEqualTo("process one\n");
      assertThat(err.toString()).startsWith("godwit: ").contains(silentAt.toString());
    } finally {
      other.destroyForcibly().waitFor();
      Files.deleteIfExists(silentAt);
      Files.deleteIfExists(silentAt.getParent());
    }
  }
}
