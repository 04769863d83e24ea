package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.forward.server.ForwardServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections through a real ssh and the agent behind it. Needs the packaged jar. */
@Tag("lab")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ForwardViaLabTest {
  @TempDir(factory = TestingPrivateFolder.class)
  private Path folder;

  @Test
  void h53_bytes_ends_and_resets_go_through_ssh() throws Exception {
    Path jar = Path.of(System.getProperty(AgentFile.PROPERTY, "target/godwit.jar"));
    assumeThat(jar).as("packaged before").isRegularFile();
    AgentFile agent = AgentFile.of(jar);
    try (TestingSshd sshd =
            new TestingSshd(
                folder, Map.of("GODWIT_AGENT_FOLDER", folder.resolve("far/agent").toString()));
        ServerSocket service = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      RuleBuilder rule = new RuleBuilder("test");
      rule.add("listen", "127.0.0.1:0");
      rule.add("to", "localhost:" + service.getLocalPort());
      rule.add("via", "far");
      ForwardRules rules =
          new ForwardRules(List.of(rule.build()), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
      try (ForwardServer forward =
          ForwardServer.start(
              rules,
              host ->
                  SshHost.connect(
                      "via",
                      sshd.destination(),
                      sshd.clientArguments(),
                      agent,
                      SshOptions.STANDARD),
              line -> {})) {
        int port = forward.addresses().getFirst().getPort();
        byte[] much = new byte[20 << 20];
        new Random(11).nextBytes(much);
        try (Socket client = new Socket("127.0.0.1", port);
            Socket server = service.accept()) {
          CompletableFuture<byte[]> got =
              CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      return server.getInputStream().readAllBytes();
                    } catch (java.io.IOException e) {
                      throw new IllegalStateException(e);
                    }
                  });
          client.getOutputStream().write(much);
          client.shutdownOutput();
          assertThat(got.get()).isEqualTo(much);
          server.getOutputStream().write("answer".getBytes());
          server.close();
          assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("answer");
        }
        try (Socket client = new Socket("127.0.0.1", port)) {
          Socket server = service.accept();
          server.getOutputStream().write(1);
          assertThat(client.getInputStream().read()).isEqualTo(1);
          server.setSoLinger(true, 0);
          server.close();
          assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
        }
      }
    }
  }
}
