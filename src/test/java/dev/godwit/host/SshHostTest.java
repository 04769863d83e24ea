package dev.godwit.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The agent over a real ssh. Needs the packaged jar: {@code mvn package -DskipTests} before. */
@Tag("lab")
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SshHostTest {
  @TempDir(factory = TestingPrivateFolder.class)
  Path folder;

  private TestingSshd sshd;
  private AgentFile agent;
  private Path installed;

  @BeforeEach
  void start() throws Exception {
    Path jar = Path.of(System.getProperty(AgentFile.PROPERTY, "target/godwit.jar"));
    assumeThat(jar).isRegularFile();
    agent = AgentFile.of(jar);
    installed = folder.resolve("far/agent");
    sshd = new TestingSshd(folder, Map.of("GODWIT_AGENT_FOLDER", installed.toString()));
  }

  @AfterEach
  void stop() throws Exception {
    if (sshd != null) {
      sshd.close();
    }
  }

  private SshHost connect(SshOptions options) throws HostException {
    return SshHost.connect("old", sshd.destination(), sshd.clientArguments(), agent, options);
  }

  private SshHost connect() throws HostException {
    return connect(SshOptions.STANDARD);
  }

  private Path installedJar() {
    return installed.resolve("agent-" + agent.sha256() + ".jar");
  }

  @Test
  void h79_the_agent_is_uploaded_once_checked_each_time_and_replaced_when_damaged()
      throws Exception {
    List<String> remarks = new CopyOnWriteArrayList<>();
    String sent =
        "sending the agent to old (root@127.0.0.1), %d MiB…"
            .formatted((agent.bytes() + (1 << 20) - 1) >> 20);
    SshOptions counting = SshOptions.STANDARD.withRemarks(remarks::add);
    try (SshHost host = connect(counting)) {
      assertThat(host.name()).isEqualTo("old (root@127.0.0.1)");
      assertThat(host.call("ping", "x".getBytes(UTF_8))).asString(UTF_8).isEqualTo("x");
      HostFacts facts = HostFacts.of(host);
      assertThat(facts.uid()).isZero();
      assertThat(facts.bootId()).isEqualTo(HostFacts.ofThisHost().bootId());
      assertThat(facts.sshConnection()).hasSize(4).contains("127.0.0.1", "" + sshd.port);
    }
    assertThat(remarks).containsExactly(sent);
    assertThat(installedJar()).hasSameBinaryContentAs(agent.path());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(installed)))
        .isEqualTo("rwx------");

    remarks.clear();
    try (SshHost host = connect(counting)) {
      assertThat(host.call("ping", new byte[0])).isEmpty();
    }
    assertThat(remarks).as("nothing is sent again").isEmpty();

    byte[] damaged = Files.readAllBytes(installedJar());
    damaged[damaged.length / 2] ^= 1;
    Files.write(installedJar(), damaged);
    try (SshHost host = connect(counting)) {
      assertThat(host.call("ping", new byte[0])).isEmpty();
    }
    assertThat(remarks).containsExactly(sent);
    assertThat(installedJar()).hasSameBinaryContentAs(agent.path());
    try (var files = Files.list(installed)) {
      // Beside it are its cache and when it was used.
      assertThat(files.filter(file -> !file.toString().matches(".*\\.(aot|used)")))
          .containsExactly(installedJar());
    }
  }

  @Test
  void h79_a_folder_of_another_user_is_refused() throws Exception {
    Files.createDirectories(installed);
    Files.setAttribute(installed, "unix:uid", 12345);
    assertThatThrownBy(() -> connect())
        .isInstanceOf(HostException.class)
        .hasMessageContaining("old (root@127.0.0.1)")
        .hasMessageContaining(installed.toString())
        .hasMessageContaining("belongs to user 12345");
    assertThat(installedJar()).doesNotExist();
  }

  @Test
  void h79_a_folder_that_others_can_write_is_refused() throws Exception {
    Files.createDirectories(installed);
    Files.setPosixFilePermissions(installed, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> connect()).hasMessageContaining("can be written by others");
    Files.setPosixFilePermissions(installed, PosixFilePermissions.fromString("rwx------"));
    Files.setPosixFilePermissions(
        installed.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> connect())
        .hasMessageContaining("above " + installed)
        .hasMessageContaining("another user");
  }

  @Test
  void an_upload_that_changed_on_the_way_is_not_installed() throws Exception {
    Path other = Files.write(folder.resolve("other.jar"), new byte[(int) agent.bytes()]);
    AgentFile lying = new AgentFile(other, agent.sha256(), agent.bytes());
    assertThatThrownBy(
            () -> SshHost.connect("old", sshd.destination(), sshd.clientArguments(), lying))
        .hasMessageContaining("cut or damaged");
    try (var files = Files.list(installed)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void without_java_the_message_says_what_to_install() {
    assertThatThrownBy(() -> connect(SshOptions.STANDARD.withJavaMin(99)))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("Java 99 or newer is needed on old (root@127.0.0.1)")
        .hasMessageContaining("these were found: ")
        .hasMessageContaining("apt-get install openjdk-99-jre-headless");
  }

  @Test
  void a_killed_ssh_is_noticed_within_a_second_by_every_waiting_call() throws Exception {
    try (SshHost host = connect()) {
      Channel channel = host.open("ping", new byte[0]);
      assertThat(channel.receive()).isEmpty();
      CompletableFuture<Throwable> ended = new CompletableFuture<>();
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try {
                  channel.receive();
                } catch (WireException e) {
                  ended.complete(e);
                }
              });
      CompletableFuture<WireException> lost = new CompletableFuture<>();
      host.onLost(lost::complete);
      ProcessHandle.of(host.sshPid()).orElseThrow().destroyForcibly();
      assertThat(TestingPatience.get(ended))
          .isInstanceOf(WireException.class)
          .hasMessageContaining("the connection to old (root@127.0.0.1) was lost");
      assertThat(lost).succeedsWithin(TestingPatience.LIMIT);
      assertThat(host.isLost()).isTrue();
      assertThatThrownBy(() -> host.open("ping", new byte[0]))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("old (root@127.0.0.1)");
    }
  }

  @Test
  void a_silent_host_is_lost_within_the_limit_and_its_agent_ends_too() throws Exception {
    SshOptions fast =
        SshOptions.STANDARD.withPings(Duration.ofMillis(200), Duration.ofMillis(1500));
    SshHost host = connect(fast);
    try (host) {
      host.call("ping", new byte[0]);
      CompletableFuture<WireException> lost = new CompletableFuture<>();
      host.onLost(lost::complete);
      signal("STOP", host.sshPid());
      assertThat(TestingPatience.get(lost))
          .hasMessageContaining("old (root@127.0.0.1)")
          .hasMessageContaining("nothing was heard");
    }
    ProcessHandle.of(host.sshPid()).ifPresent(p -> assertThat(p.isAlive()).isFalse());
    assertNoAgent();
  }

  @Test
  void the_agent_ends_with_the_connection() throws Exception {
    String mark = installedJar().toString();
    try (SshHost host = connect()) {
      host.call("ping", new byte[0]);
      assertThat(agents(mark)).isEqualTo(1);
    }
    assertNoAgent();
  }

  private void assertNoAgent() throws Exception {
    TestingPatience.await("the end of its agent", () -> agents(installedJar().toString()) == 0);
  }

  private static long agents(String mark) {
    return ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains("-jar " + mark))
        .count();
  }

  @Test
  void much_data_flows_both_ways_at_once() throws Exception {
    long seed = new Random().nextLong();
    byte[] block = new byte[128 * 1024];
    new Random(seed).nextBytes(block);
    int count = 1_000;
    try (SshHost host = connect();
        Channel channel = host.open("ping", new byte[0])) {
      assertThat(channel.receive()).isEmpty();
      long start = System.nanoTime();
      Thread sender =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < count; i++) {
                        channel.send(block);
                      }
                      channel.finish();
                    } catch (WireException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      int received = 0;
      for (byte[] m = channel.receive(); m != null; m = channel.receive()) {
        assertThat(m).as("seed " + seed).isEqualTo(block);
        received++;
      }
      sender.join();
      assertThat(received).isEqualTo(count);
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf("echo over ssh: %.0f MB/s each way%n", count * 0.131072 / seconds);
    }
  }

  @Test
  void words_of_the_login_shell_are_tolerated() throws Exception {
    sshd.close();
    Path noisy = folder.resolve("noisy.sh");
    Files.writeString(
        noisy,
        "#!/bin/sh\nprintf 'Welcome to old!\\nno line end'\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n");
    noisy.toFile().setExecutable(true);
    Path second = Files.createDirectory(folder.resolve("second"));
    sshd =
        new TestingSshd(
            second, Map.of("GODWIT_AGENT_FOLDER", installed.toString()), "ForceCommand " + noisy);
    try (SshHost host = connect()) {
      assertThat(host.call("ping", new byte[0])).isEmpty();
    }
  }

  @Test
  void a_host_that_says_something_else_is_quoted() throws Exception {
    sshd.close();
    Path second = Files.createDirectory(folder.resolve("second"));
    sshd =
        new TestingSshd(
            second, Map.of(), "ForceCommand echo 'This account is currently not available.'");
    assertThatThrownBy(() -> connect())
        .hasMessageContaining("Cannot reach old (root@127.0.0.1)")
        .hasMessageContaining("This account is currently not available.");
  }

  @Test
  void h45_h78_a_host_with_an_unknown_or_changed_key_gets_nothing() throws Exception {
    Path known = folder.resolve("known_hosts");
    Files.writeString(known, "");
    assertThatThrownBy(() -> connect())
        .hasMessageContaining("Host key verification failed")
        .hasMessageContaining("compare the fingerprint");
    Files.writeString(
        known, "[127.0.0.1]:" + sshd.port + " " + Files.readString(folder.resolve("user_key.pub")));
    assertThatThrownBy(() -> connect()).hasMessageContaining("shows another key");
    assertThat(installed).doesNotExist();
  }

  @Test
  void a_refused_key_and_a_closed_port_are_told_apart() throws Exception {
    Files.writeString(folder.resolve("authorized_keys"), "");
    assertThatThrownBy(() -> connect())
        .hasMessageStartingWith("Cannot reach old (root@127.0.0.1): ssh says: ")
        .hasMessageContaining("Permission denied")
        .hasMessageContaining("without a password");
    sshd.close();
    assertThatThrownBy(() -> connect())
        .hasMessageContaining("Connection refused")
        .hasMessageContaining("sshd");
  }

  @Test
  void nothing_hangs_when_the_host_never_answers() throws Exception {
    try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      // ssh takes the first port that it is given
      List<String> arguments = new ArrayList<>(List.of("-p", "" + silent.getLocalPort()));
      arguments.addAll(sshd.clientArguments());
      SshOptions options = SshOptions.STANDARD.withConnectLimit(Duration.ofSeconds(1));
      long start = System.nanoTime();
      assertThatThrownBy(
              () -> SshHost.connect("old", sshd.destination(), arguments, agent, options))
          .hasMessageContaining("Cannot reach old (root@127.0.0.1): no answer within 1 s");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TestingPatience.LIMIT);
    }
  }

  private static void signal(String name, long pid) throws Exception {
    TestingSshd.check(Processes.run(List.of("kill", "-" + name, "" + pid), Duration.ofSeconds(5)));
  }
}
