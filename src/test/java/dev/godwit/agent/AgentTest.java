package dev.godwit.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.host.AgentFile;
import dev.godwit.host.HostFacts;
import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The agent as a process of its own, without ssh between. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class AgentTest {
  @TempDir Path folder;

  private record Started(Process process, Connection connection) implements AutoCloseable {
    @Override
    public void close() {
      connection.close();
      process.destroyForcibly();
    }
  }

  private Started start(String build, String... options) throws Exception {
    List<String> argv =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    argv.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    argv.addAll(List.of(options));
    argv.addAll(
        List.of("-cp", System.getProperty("java.class.path"), TestingAgentMain.class.getName()));
    Process process =
        new ProcessBuilder(argv).redirectError(folder.resolve("errors").toFile()).start();
    Connection connection =
        Connection.start(
            process.getInputStream(),
            process.getOutputStream(),
            "new (an agent)",
            Connection::refuse,
            ConnectionSettings.of(build));
    return new Started(process, connection);
  }

  private AgentFile jar() throws Exception {
    return AgentFile.of(Files.writeString(folder.resolve("a.jar"), "as if it were a jar"));
  }

  @Test
  void serves_keeps_its_output_clean_and_ends_with_its_input() throws Exception {
    AgentFile jar = jar();
    try (Started agent = start(jar.sha256(), "-D" + AgentFile.PROPERTY + "=" + jar.path())) {
      try (Channel channel = agent.connection().open("noisy", "x".getBytes(UTF_8))) {
        assertThat(channel.receive()).asString(UTF_8).isEqualTo("x");
      }
      try (Channel channel = agent.connection().open(HostFacts.ABILITY, new byte[0])) {
        byte[] answer = channel.receive();
        assertThat(HostFacts.decode(answer == null ? new byte[0] : answer).bootId())
            .isEqualTo(HostFacts.ofThisHost().bootId());
      }
      agent.connection().close();
      assertThat(agent.process().waitFor(TestingPatience.LIMIT)).isTrue();
      assertThat(agent.process().exitValue()).isZero();
    }
    assertThat(folder.resolve("errors")).content().contains("words on standard output");
  }

  @Test
  void h79_an_agent_of_another_build_is_refused() throws Exception {
    AgentFile jar = jar();
    try (Started agent = start("0".repeat(64), "-D" + AgentFile.PROPERTY + "=" + jar.path())) {
      assertThatThrownBy(() -> agent.connection().open("ping", new byte[0]))
          .hasMessageContaining("the connection to new (an agent) was lost: ")
          .hasMessageContaining("use the same Godwit on both hosts");
      assertThat(agent.process().waitFor(TestingPatience.LIMIT)).isTrue();
    }
  }

  @Test
  void without_its_own_file_it_says_so_and_ends() throws Exception {
    try (Started agent = start("x")) {
      assertThat(agent.process().waitFor(TestingPatience.LIMIT)).isTrue();
      assertThat(agent.process().exitValue()).isEqualTo(1);
    }
    assertThat(folder.resolve("errors")).content().contains("Cannot find the file godwit.jar");
  }
}
