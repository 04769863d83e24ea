package dev.godwit.host;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A real sshd on 127.0.0.1, with its own keys and configuration in one folder. */
public final class TestingSshd implements AutoCloseable {
  public final int port;
  private final Path folder;
  private final Process process;

  /**
   * @param environment set in each session
   * @param configuration more lines for sshd_config
   */
  public TestingSshd(Path folder, Map<String, String> environment, String... configuration)
      throws Exception {
    this.folder = folder;
    Files.createDirectories(Path.of("/run/sshd"));
    port = TestingPorts.free();
    for (String key : List.of("host_key", "user_key")) {
      check(
          Processes.run(
              List.of(
                  "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "" + folder.resolve(key)),
              Duration.ofSeconds(20)));
    }
    Files.copy(folder.resolve("user_key.pub"), folder.resolve("authorized_keys"));
    Files.writeString(
        folder.resolve("known_hosts"),
        "[127.0.0.1]:" + port + " " + Files.readString(folder.resolve("host_key.pub")));
    List<String> lines =
        new ArrayList<>(
            List.of(
                "Port " + port,
                "ListenAddress 127.0.0.1",
                "HostKey " + folder.resolve("host_key"),
                "AuthorizedKeysFile " + folder.resolve("authorized_keys"),
                "PidFile none",
                "StrictModes no",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "UsePAM no",
                "PermitRootLogin prohibit-password"));
    StringBuilder setEnv = new StringBuilder();
    environment.forEach((k, v) -> setEnv.append(' ').append(k).append("=\"").append(v).append('"'));
    if (!setEnv.isEmpty()) {
      lines.add("SetEnv" + setEnv);
    }
    lines.addAll(List.of(configuration));
    Path config = Files.write(folder.resolve("sshd_config"), lines);
    process =
        new ProcessBuilder("/usr/sbin/sshd", "-D", "-e", "-f", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("sshd.log").toFile())
            .start();
    awaitPort();
  }

  public SshDestination destination() {
    return new SshDestination("root@127.0.0.1");
  }

  /** What the client needs to reach it, apart from the configuration of who runs the test. */
  public List<String> clientArguments() {
    return List.of(
        "-F",
        "/dev/null",
        "-p",
        "" + port,
        "-i",
        folder.resolve("user_key").toString(),
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "UserKnownHostsFile=" + folder.resolve("known_hosts"));
  }

  /** The agents of those who are logged in. */
  public Stream<ProcessHandle> agents() {
    return process.descendants().filter(one -> one.info().command().orElse("").endsWith("/java"));
  }

  /** What serves those who are logged in. */
  public Stream<ProcessHandle> sessions() {
    return process.descendants();
  }

  String log() throws IOException {
    return Files.readString(folder.resolve("sshd.log"));
  }

  @Override
  public void close() throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    process.waitFor();
  }

  private void awaitPort() throws Exception {
    TestingPatience.await(() -> "an answer of sshd: " + log(), this::answers);
  }

  private boolean answers() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      if (!process.isAlive()) {
        throw new IllegalStateException("sshd ended: " + log(), e);
      }
      return false;
    }
  }

  static void check(Processes.Outcome outcome) {
    if (!outcome.isSuccess()) {
      throw new IllegalStateException(outcome.toString());
    }
  }
}
