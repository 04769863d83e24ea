package dev.godwit.forward.daemons;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingHostState;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.gate.TestingSocketServer;
import dev.godwit.forward.ladder.Ladder;
import dev.godwit.forward.ladder.PacketFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two hosts before a switch and after everything was taken down again: rules, routes, settings,
 * mounts, sockets, processes, and what a gate or a landing would go on with.
 */
@Tag("lab")
@Timeout(180)
final class NothingLeftLabTest {
  private static final int PORT = 8080;
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path temporary;
  private TestingPair hosts;
  private TestingServer before;
  private TestingServer after;
  private TestingSocketServer socket;
  private GateClient gate;
  private List<PortGroup> groups;
  private long epoch;

  @BeforeEach
  void hosts() throws Exception {
    hosts = new TestingPair(temporary, "landing-supervisor");
    gate = hosts.gate("gate-supervisor");
    TestingHostState.shortQueues(hosts.old);
    before = TestingServer.start(hosts.old, "old", "::", PORT);
    after = TestingServer.start(hosts.fresh, "new", "::", PORT);
    Path name = Files.createDirectory(temporary.resolve("service")).resolve("s.sock");
    socket = hosts.old.call(() -> new TestingSocketServer("old", name, true));
    groups =
        List.of(
            new PortGroup("web", List.of(PORT), ClientAddress.TRANSPARENT),
            new PortGroup("db", List.of(), List.of(name), ClientAddress.PLAIN));
  }

  @AfterEach
  void noHosts() throws Exception {
    hosts.end(socket, before, after);
  }

  /** All that a switch changes on a host, as lines. */
  private List<String> host(TestingNamespace host, String name) throws Exception {
    List<String> all = new ArrayList<>(TestingHostState.of(host));
    all.addAll(files(temporary.resolve("service")));
    all.addAll(decisions(temporary.resolve(name)));
    return all.stream().sorted().toList();
  }

  private static List<String> files(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> !Files.isDirectory(file)).map(Path::toString).sorted().toList();
    }
  }

  /** Notes of what others have to undo, sockets, process numbers, records; no logs, no locks. */
  private static List<String> decisions(Path state) throws IOException {
    return files(state).stream()
        .filter(file -> !file.matches(".*\\.(log|lock)|.*/(lock|epoch[^/]*|gate.deaths)"))
        .toList();
  }

  private List<String> both() throws Exception {
    List<String> all = new ArrayList<>(host(hosts.old, "old"));
    all.addAll(host(hosts.fresh, "new"));
    String mounts = Files.readString(Path.of("/proc/mounts"));
    mounts.lines().filter(line -> line.contains(temporary.toString())).forEach(all::add);
    return all;
  }

  /** Of gates and landings, and of their supervisors. */
  private List<String> processes() {
    return ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .filter(line -> line.contains(TestingDaemons.class.getName()))
        .filter(line -> line.contains(temporary.toString()))
        .toList();
  }

  private void killAll() throws Exception {
    TestingPair.killBoth(hosts.state(""), "gate");
    TestingPair.killBoth(hosts.landingState(""), "landing");
    TestingPatience.await("their end", () -> processes().isEmpty()); // a signal is not waited for
  }

  private Destination capture() throws Exception {
    gate.start();
    // One that died in a hold puts the services back first.
    TestingPatience.await(
        "the way back", () -> gate.status().filter(status -> status.mode() != Mode.PASS).isEmpty());
    gate.capture(++epoch, groups, TestingDaemons.wayBack("true"), 0);
    return hosts.startLanding(groups);
  }

  private void end() throws Exception {
    assertThat(gate.end(epoch, true)).isTrue();
    assertThat(hosts.landing.end(1)).isTrue();
    assertThat(processes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, ''",
    "1, " + PacketFilter.NFTABLES,
    "1, " + PacketFilter.IPTABLES,
    "2, " + PacketFilter.NFTABLES,
    "2, " + PacketFilter.IPTABLES,
    "3, ''"
  })
  void what_was_put_up_is_taken_down_also_after_a_kill(String rung, String tool) throws Exception {
    gate =
        hosts.gate(
            "gate-supervisor",
            "-D" + Ladder.PROPERTY + "=" + rung,
            "-D" + Ladder.TOOL_PROPERTY + "=" + tool);
    List<String> clean = both();
    hosts.old.call(
        () -> {
          capture();
          gate.hold(epoch, LONG);
          assertThat(both())
              .as("this test sees what is put up")
              .isNotEqualTo(clean)
              .contains("net.core.somaxconn = 4096");
          gate.back(epoch);
          end();
          assertThat(both()).as("a hold, the way back, the end").isEqualTo(clean);

          Destination destination = capture();
          gate.hold(epoch, LONG);
          gate.release(epoch, destination, 0);
          end();
          assertThat(both()).as("a release, the end").isEqualTo(clean);

          capture();
          gate.hold(epoch, LONG);
          killAll();
          assertThat(both()).as("a kill leaves something").isNotEqualTo(clean);
          capture();
          end();
          assertThat(both()).as("a kill in a hold, the next start, its end").isEqualTo(clean);

          destination = capture();
          gate.hold(epoch, LONG);
          gate.release(epoch, destination, 0);
          killAll();
          gate.status(); // what was released goes on
          hosts.fresh.call(() -> hosts.landing.status());
          end();
          assertThat(both()).as("a kill after a release, its end").isEqualTo(clean);
          return null;
        });
  }
}
