package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingHostState;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.ladder.Ladder;
import dev.godwit.forward.ladder.PacketFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A host before {@code godwit forward} ran with all that changes something on a host, and after:
 * rules, routes, settings, sockets, files, processes.
 */
@Tag("lab")
@Timeout(180)
final class ForwardLeavesNothingLabTest {
  private static final int SEEN = 9000;
  private static final int HANDED_OVER = 9001;

  @TempDir private Path directory;
  private TestingNamespace host;
  private TestingNamespace other;
  private TestingServer here;
  private TestingServer there;
  private Path control;
  private Path rules;
  private final List<TestingForward> started = new ArrayList<>();

  @BeforeEach
  void hosts() throws Exception {
    host = new TestingNamespace();
    other = new TestingNamespace();
    host.connectTo(other);
    here = TestingServer.start(host, "here", "::", 8080);
    there = TestingServer.start(other, "there", "::", 8081);
    host.call(() -> Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1"));
    Path sockets = Files.createDirectory(directory.resolve("sockets"));
    control = sockets.resolve("control");
    rules =
        Files.writeString(
            directory.resolve("forwards.yaml"),
            """
            forwards:
              seen: { listen: ":9000", to: "localhost:8080", client-address: transparent }
              socket: { listen: "unix:%s/s.sock,mode=0666", to: "localhost:8080" }
              datagrams: { listen: "udp::9053", to: "127.0.0.1:53" }
              web: { listen: ":9001", to: "10.9.0.2:8081", client-address: plain }
            """
                .formatted(sockets));
  }

  @AfterEach
  void noHosts() throws Exception {
    for (TestingForward one : started) {
      one.close();
    }
    here.close();
    there.close();
    host.close();
    other.close();
  }

  private List<String> state() throws Exception {
    List<String> all = new ArrayList<>(TestingHostState.of(host));
    try (Stream<Path> files = Files.walk(directory)) {
      files.map(Path::toString).sorted().forEach(all::add);
    }
    ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .filter(line -> line.contains(rules.toString()))
        .forEach(all::add);
    return all;
  }

  private TestingForward forward(String tool, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("-c", rules.toString()));
    all.addAll(List.of("--control", control.toString()));
    all.addAll(List.of(options));
    TestingForward forward =
        TestingForward.startWith(
            host, List.of("-D" + Ladder.TOOL_PROPERTY + "=" + tool), all.toArray(String[]::new));
    started.add(forward);
    return forward;
  }

  /** Everything is used, and the kernel has one group; shows that the comparison sees it all. */
  private void use(List<String> clean) throws Exception {
    TestingForward.run(
        host,
        "release",
        "web",
        "-p",
        control.toString(),
        "--to",
        "10.9.0.2:8081",
        "--hand-over",
        "kernel");
    assertThat(ask(SEEN)).startsWith("here x 10.9.0.2 ");
    assertThat(ask(HANDED_OVER)).startsWith("there x ");
    List<String> up = new ArrayList<>(state());
    up.removeAll(clean);
    assertThat(String.join("\n", up))
        .contains("lookup 103", "local default dev lo table 103", "tcp_fwmark_accept = 1")
        .contains(":9000", ":9001", ":9053", "s.sock", "control", "godwit_pass_9001")
        .contains("dev.godwit.Main");
  }

  private String ask(int port) throws Exception {
    return other.call(() -> TestingClient.ask("10.9.0.1", port, "x"));
  }

  private static void end(TestingForward forward) throws Exception {
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {PacketFilter.NFTABLES, PacketFilter.IPTABLES})
  void what_was_put_up_is_taken_down_also_after_a_kill(String tool) throws Exception {
    List<String> clean = state();
    TestingForward first = forward(tool);
    use(clean);
    end(first);
    assertThat(state()).as("an end").isEqualTo(clean);

    TestingForward killed = forward(tool);
    use(clean);
    killed.close();
    assertThat(state()).as("a kill leaves something").isNotEqualTo(clean);
    end(forward(tool));
    assertThat(state()).as("a kill, the next start, its end").isEqualTo(clean);

    TestingForward supervised = forward(tool, "--supervise");
    use(clean);
    killAll(supervised);
    assertThat(state()).as("a kill of both leaves something").isNotEqualTo(clean);
    end(forward(tool, "--supervise"));
    assertThat(state()).as("a kill of both, the next start, its end").isEqualTo(clean);
  }

  /** The process and the one beside it, at one blow. */
  private static void killAll(TestingForward forward) throws IOException, InterruptedException {
    List<ProcessHandle> children = forward.process.descendants().toList();
    assertThat(children).isNotEmpty();
    forward.process.destroyForcibly().waitFor();
    for (ProcessHandle child : children) {
      child.destroyForcibly();
      child.onExit().join();
    }
  }
}
