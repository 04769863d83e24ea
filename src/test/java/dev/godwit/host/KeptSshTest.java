package dev.godwit.host;

import static dev.godwit.TestingPatience.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.agent.TestingAgentMain;
import dev.godwit.wire.Channel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lines that are kept (--keep-agent). In the place of ssh, a script starts the agent here; each
 * start adds its process number to a file.
 */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KeptSshTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir(factory = TestingPrivateFolder.class)
  Path folder;

  private AgentFile agent;
  private Path script;

  @BeforeEach
  void prepare() throws Exception {
    agent = AgentFile.of(Files.writeString(folder.resolve("a.jar"), "as if it were a jar"));
    script = folder.resolve("shell");
    Files.createFile(folder.resolve("starts"));
    keepsFor(MINUTE);
  }

  private void keepsFor(Duration idle) throws IOException {
    Files.writeString(
        script,
        "echo $$ >> "
            + folder.resolve("starts")
            + "\necho\necho godwit-bootstrap 1 have\nexec "
            + Path.of(System.getProperty("java.home"), "bin/java")
            + " -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -D"
            + AgentFile.PROPERTY
            + "="
            + agent.path()
            + " -cp '"
            + System.getProperty("java.class.path")
            + "' "
            + TestingAgentMain.class.getName()
            + " "
            + idle.toSeconds()
            + "\n");
  }

  @AfterEach
  void nothing_stays() throws Exception {
    for (long pid : starts()) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
    await(() -> lines().isEmpty());
  }

  private SshHost connect(Duration keep) throws HostException {
    return connect(SshOptions.STANDARD.withKeep(keep));
  }

  private SshHost connect(SshOptions options) throws HostException {
    return SshHost.connectBy(
        List.of("sh", script.toString()),
        "far",
        SshDestination.parse("somewhere"),
        List.of(),
        agent,
        options);
  }

  private void use(Duration keep) throws Exception {
    use(SshOptions.STANDARD.withKeep(keep));
  }

  private void use(SshOptions options) throws Exception {
    try (SshHost host = connect(options)) {
      assertThat(host.call("ping", "x".getBytes(UTF_8))).asString(UTF_8).isEqualTo("x");
    }
  }

  private List<Long> starts() throws IOException {
    return Files.readAllLines(folder.resolve("starts")).stream().map(Long::parseLong).toList();
  }

  private boolean isAlive(int start) throws IOException {
    return ProcessHandle.of(starts().get(start)).map(ProcessHandle::isAlive).orElse(false);
  }

  /** The folders of the lines of this test. */
  private List<Path> lines() throws Exception {
    String key =
        KeptSsh.key(
            SshArguments.ofShell(
                List.of("sh", script.toString()),
                SshDestination.parse("somewhere"),
                Bootstrap.command(agent, null, SshOptions.STANDARD)));
    try (Stream<Path> all = Files.list(RuntimeDirectory.agents())) {
      return all.filter(line -> line.getFileName().toString().startsWith(key)).toList();
    }
  }

  @Test
  void the_next_run_speaks_to_the_same_agent() throws Exception {
    for (int i = 0; i < 4; i++) {
      use(MINUTE);
      assertThat(lines()).hasSize(1);
      assertThat(isAlive(0)).isTrue();
    }
    assertThat(starts()).hasSize(1);
    Path line = lines().getFirst();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(line)))
        .isEqualTo("rwx------");
    assertThat(line.resolve("host")).hasContent("somewhere");

    // Another build is another line; so is a run that does not ask for one.
    AgentFile before = agent;
    agent = AgentFile.of(Files.writeString(folder.resolve("b.jar"), "another jar"));
    keepsFor(MINUTE);
    use(SshOptions.STANDARD);
    assertThat(starts()).hasSize(2);
    agent = before;

    use(Duration.ZERO);
    assertThat(starts()).as("what is kept is used").hasSize(2);
    await(() -> !isAlive(0) && lines().isEmpty());
  }

  @Test
  void it_ends_by_itself_and_leaves_nothing() throws Exception {
    keepsFor(Duration.ofSeconds(1));
    use(MINUTE);
    await(() -> !isAlive(0) && lines().isEmpty());
    use(MINUTE);
    assertThat(starts()).hasSize(2);
  }

  @Test
  void h49_an_agent_that_was_killed_is_replaced() throws Exception {
    use(MINUTE);
    ProcessHandle.of(starts().getFirst()).orElseThrow().destroyForcibly();
    use(MINUTE); // whether the line has gone by now or not
    assertThat(starts()).hasSize(2);
    try (SshHost host = connect(MINUTE);
        Channel channel = host.open("ping", new byte[0])) {
      assertThat(channel.receive()).isEmpty();
      ProcessHandle.of(starts().get(1)).orElseThrow().destroyForcibly();
      await(() -> host.isLost());
      assertThatThrownBy(() -> host.open("ping", new byte[0])).isInstanceOf(HostException.class);
    }
    use(MINUTE);
    assertThat(starts()).hasSize(3);
  }

  @Test
  void two_runs_at_once_have_a_line_each() throws Exception {
    try (SshHost one = connect(MINUTE);
        SshHost other = connect(MINUTE)) {
      assertThat(one.call("ping", new byte[1])).hasSize(1);
      assertThat(other.call("ping", new byte[2])).hasSize(2);
    }
    assertThat(starts()).hasSize(2);
    try (SshHost one = connect(MINUTE);
        SshHost other = connect(MINUTE)) {
      assertThat(one.call("ping", new byte[1])).hasSize(1);
      assertThat(other.call("ping", new byte[2])).hasSize(2);
    }
    assertThat(starts()).hasSize(2);
    use(Duration.ZERO);
    use(Duration.ZERO);
  }

  /** A run that was killed has left neither the mark nor the streams as they should be. */
  @Test
  void a_line_of_a_run_that_was_killed_is_never_used_again() throws Exception {
    use(MINUTE);
    Path line = lines().getFirst();
    Files.delete(line.resolve("idle"));
    use(MINUTE);
    assertThat(starts()).hasSize(2);
    assertThat(line).doesNotExist();
    await(() -> !isAlive(0));
  }

  @Test
  void what_stands_half_made_in_the_way_is_removed() throws Exception {
    Path stale =
        Files.createDirectory(
            RuntimeDirectory.agents().resolve("half-" + folder.getFileName() + ".x"));
    Files.createFile(stale.resolve("idle"));
    Files.createFile(stale.resolve("in")); // no fifo
    Files.createFile(stale.resolve("out"));
    assertThat(KeptSsh.take(RuntimeDirectory.agents(), "half-" + folder.getFileName())).isNull();
    assertThat(stale).doesNotExist();
  }

  @Test
  void h3_a_folder_of_somebody_else_is_not_used() throws Exception {
    Path base = Files.createDirectory(folder.resolve("base"));
    assertThat(RuntimeDirectory.agents(base)).isDirectory();
    Files.setAttribute(base.resolve(".agents"), "unix:uid", 12345);
    assertThatThrownBy(() -> RuntimeDirectory.agents(base))
        .hasMessageContaining("is not a private folder of");
    Files.setAttribute(base.resolve(".agents"), "unix:uid", 0);
    Files.setAttribute(base, "unix:mode", 0777);
    assertThatThrownBy(() -> RuntimeDirectory.agents(base)).isInstanceOf(IOException.class);
  }

  @Test
  void an_agent_that_is_told_nonsense_ends() throws Exception {
    use(MINUTE);
    String key = lines().getFirst().getFileName().toString().replaceAll("\\..*", "");
    KeptSsh line = Objects.requireNonNull(KeptSsh.take(RuntimeDirectory.agents(), key));
    line.toHost().write(new byte[] {1});
    line.toHost().flush();
    assertThat(isAlive(0)).isTrue();
    line.close();
    await(() -> !isAlive(0));
  }

  @Test
  void what_is_said_on_the_way_there_is_told() throws Exception {
    Files.writeString(script, "echo 'Host key verification failed.' >&2\nexit 255\n");
    assertThatThrownBy(() -> connect(MINUTE))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("Host key verification failed");
    assertThat(lines()).isEmpty();
  }
}
