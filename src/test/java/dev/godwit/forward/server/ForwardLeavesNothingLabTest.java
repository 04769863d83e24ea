package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingHostState;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.Leftovers;
import dev.godwit.forward.ladder.Ladder;
import dev.godwit.forward.ladder.PacketFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A host before {@code godwit forward} ran with all that changes something on a host, and after:
 * rules, routes, settings, sockets, files, processes. And a host that it is {@code via}.
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
    forgetHostBefore();
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

  /** The kernel gives the number of a namespace again, and what a killed one left goes by that. */
  private void forgetHostBefore() throws Exception {
    host.call(
        () -> {
          Leftovers.cleanUp();
          return null;
        });
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

  /** What comes to the host of {@code via} after its agent was killed, and what a client sees. */
  private enum Next {
    SAME_FORWARDER("here x 10.9.0.2 "),
    TRANSPARENT("here x 10.9.0.2 "),
    PLAIN("here x 127.0.0.1 "),
    UNIX_SOCKET(""),
    FORWARDER_OF_THAT_HOST("here x 127.0.0.1 ");

    private final String seen;

    Next(String seen) {
      this.seen = seen;
    }
  }

  /** A setting that was on before is not taken for one of those that were put up. */
  @ParameterizedTest
  @EnumSource(Next.class)
  void what_a_killed_agent_has_put_up_on_its_host_goes_with_the_next_start_there(Next next)
      throws Exception {
    host.call(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/fwmark_reflect"), "1"));
    try (TestingViaHost far = new TestingViaHost(host)) {
      List<String> clean = TestingHostState.of(host);
      TestingForward first = via(far, "transparent", "localhost:8080");
      assertThat(askOnce("10.9.0.2")).startsWith("here x 10.9.0.2 ");
      assertThat(String.join("\n", TestingHostState.of(host)))
          .contains("lookup 103", "local default dev lo table 103", "tcp_fwmark_accept = 1");
      far.killAgents();
      if (next != Next.SAME_FORWARDER) {
        first.close();
      }
      assertThat(TestingHostState.of(host)).as("a kill leaves something").isNotEqualTo(clean);
      TestingForward then =
          switch (next) {
            case SAME_FORWARDER -> first;
            case TRANSPARENT -> via(far, "transparent", "localhost:8080");
            case PLAIN -> via(far, "plain", "localhost:8080");
            case UNIX_SOCKET -> via(far, "plain", "unix:" + directory.resolve("nobody"));
            case FORWARDER_OF_THAT_HOST ->
                started(TestingForward.start(host, arguments("plain", "localhost:8080")));
          };
      String address = next == Next.FORWARDER_OF_THAT_HOST ? "10.9.0.1" : "10.9.0.2";
      TestingPatience.await(next.seen, () -> askOnce(address).startsWith(next.seen));
      end(then);
      far.awaitNoAgents();
      assertThat(TestingHostState.of(host)).isEqualTo(clean);
    }
  }

  /** Its agent hears of it by the end of ssh. */
  @Test
  void a_forwarder_that_is_killed_leaves_nothing_on_the_host_that_it_is_via() throws Exception {
    try (TestingViaHost far = new TestingViaHost(host)) {
      List<String> clean = TestingHostState.of(host);
      TestingForward killed = via(far, "transparent", "localhost:8080");
      assertThat(askOnce("10.9.0.2")).startsWith("here x 10.9.0.2 ");
      assertThat(TestingHostState.of(host)).isNotEqualTo(clean);
      killed.close();
      far.awaitNoAgents();
      assertThat(TestingHostState.of(host)).isEqualTo(clean);
    }
  }

  /** Nothing where the connection is reset. */
  private String askOnce(String address) throws Exception {
    try {
      return other.call(() -> TestingClient.ask(address, SEEN, "x"));
    } catch (IOException | ExecutionException e) {
      return "";
    }
  }

  /** One on the other host, to which the first one is {@code via}. */
  private TestingForward via(TestingViaHost far, String clientAddress, String destination)
      throws Exception {
    return started(far.start(other, arguments(clientAddress, destination)));
  }

  private String[] arguments(String clientAddress, String destination) {
    return new String[] {
      "--control", control.toString(), "--client-address", clientAddress, ":" + SEEN, destination
    };
  }

  private TestingForward started(TestingForward forward) {
    started.add(forward);
    return forward;
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
