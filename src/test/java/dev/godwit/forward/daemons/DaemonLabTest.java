package dev.godwit.forward.daemons;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.GateException;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingNginx;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.gate.TestingLoad;
import dev.godwit.forward.gate.TestingRung;
import dev.godwit.forward.ladder.Ladder;
import dev.godwit.forward.ladder.PacketFilter;
import dev.godwit.forward.server.ForwardControl;
import dev.godwit.move.TestingQuiet;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gate and landing as processes, commanded as a mover commands them. */
@Tag("lab")
@Timeout(180)
final class DaemonLabTest {
  private static final int PORT = 8080;
  private static final List<PortGroup> GROUPS =
      List.of(new PortGroup("web", List.of(PORT), ClientAddress.TRANSPARENT));

  @TempDir Path temporary;
  private TestingPair hosts;
  private TestingNamespace old;
  private TestingNamespace fresh;
  private TestingNginx before;
  private TestingNginx after;
  private GateClient gate;
  private LandingClient landing;

  @BeforeEach
  void hosts() throws Exception {
    hosts = new TestingPair(temporary);
    old = hosts.old;
    fresh = hosts.fresh;
    landing = hosts.landing;
    before = new TestingNginx(old, temporary.resolve("before"), "old");
    after = new TestingNginx(fresh, temporary.resolve("after"), "new");
    before.start();
    after.start();
    gate = gateClient();
  }

  private GateClient gateClient(String... options) {
    return hosts.gate("gate-daemon", options);
  }

  @AfterEach
  void noHosts() throws Exception {
    hosts.end(before, after);
  }

  private void onOld(Callable<Void> body) throws Exception {
    old.call(body);
  }

  private void capture() throws Exception {
    gate.start();
    gate.start(); // again changes nothing
    gate.capture(
        1,
        GROUPS,
        TestingDaemons.wayBack(
            "/usr/sbin/nginx",
            "-p",
            temporary.resolve("before").toString(),
            "-c",
            before.configuration.toString()),
        0);
  }

  private Destination startLanding() throws Exception {
    return hosts.startLanding(GROUPS);
  }

  private TestingLoad load() throws Exception {
    return new TestingLoad(
        new InetSocketAddress(InetAddress.getByName("127.0.0.1"), PORT), 200, TestingNginx.REQUEST);
  }

  @Test
  void a_cut_over_from_beginning_to_end() throws Exception {
    Destination destination = startLanding();
    onOld(
        () -> {
          capture();
          assertThat(
                  PosixFilePermissions.toString(
                      Files.getPosixFilePermissions(hosts.state("gate.sock"))))
              .isEqualTo("rw-------");
          gate.probe(destination, Duration.ofSeconds(5));
          try (TestingLoad load = load()) {
            Thread.sleep(300);
            gate.hold(2, Duration.ofSeconds(10));
            assertThatThrownBy(() -> gate.hold(1, Duration.ofSeconds(10)))
                .isInstanceOfSatisfying(
                    GateException.class,
                    e -> assertThat(e.kind()).isEqualTo(GateException.Kind.FENCED));
            assertThat(gate.awaitQuiet(Duration.ofSeconds(2), 20).getFirst().active()).isZero();
            before.quit();
            gate.takeQueued(2);
            gate.release(2, destination, 0);
            Thread.sleep(500);
            load.close();
            System.out.println("through daemons: " + load);
            assertThat(load.failures).isEmpty();
          }
          GateStatus status = gate.status().orElseThrow();
          assertThat(status.mode()).isEqualTo(Mode.RELEASED);
          assertThat(status.visitors().getFirst().address()).isEqualTo("127.0.0.1");
          assertThat(landing.status().errors()).isEmpty();
          assertThat(landing.status().total()).isGreaterThan(50);
          gate.end(2, true);
          assertThat(hosts.state("gate.pid")).doesNotExist();
          assertThat(gate.status()).isEmpty();
          return null;
        });
  }

  @Test
  void h50_with_the_controller_gone_every_client_is_answered_by_old() throws Exception {
    onOld(
        () -> {
          capture();
          try (TestingLoad load = load()) {
            Thread.sleep(200);
            gate.hold(1, Duration.ofMillis(800));
            before.quit();
            gate.takeQueued(1);
            // From here on the controller is gone.
            Thread.sleep(2500);
            load.close();
            System.out.println("lease expiry: " + load);
            assertThat(load.failures).isEmpty();
            assertThat(load.worstMillis.get()).isLessThan(TestingQuiet.MACHINE ? 1800 : 10_000);
          }
          assertThat(gate.status().orElseThrow().mode()).isEqualTo(Mode.PASS);
          assertThat(gate.status().orElseThrow().holds().getFirst().ended())
              .isEqualTo("expired, the way back");
          return null;
        });
  }

  @Test
  void a_gate_that_is_killed_leaves_the_service_reachable() throws Exception {
    onOld(
        () -> {
          capture();
          gate.hold(1, Duration.ofSeconds(30));
          TestingClient held = new TestingClient("127.0.0.1", PORT, "GET /held HTTP/1.0\r\n\r");
          hosts.kill();
          assertThatThrownBy(held::answer).hasMessageContaining("reset");
          assertThat(TestingClient.ask("127.0.0.1", PORT, "GET /after HTTP/1.0\r\n\r"))
              .contains("200 OK")
              .endsWith("old\n");
          // The next one finds what was left behind and starts all the same.
          capture();
          assertThat(gate.status().orElseThrow().mode()).isEqualTo(Mode.PASS);
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {PacketFilter.NFTABLES, PacketFilter.IPTABLES})
  void h50_rules_of_a_gate_that_was_killed_are_void_soon_and_go_with_the_next_one(String tool)
      throws Exception {
    String rules = TestingRung.rules(old);
    gate = gateClient("-D" + Ladder.PROPERTY + "=1", "-D" + Ladder.TOOL_PROPERTY + "=" + tool);
    onOld(
        () -> {
          capture();
          gate.hold(1, Duration.ofSeconds(30));
          assertThat(TestingRung.rules(old)).contains("8080", "godwit_gate_8080");
          // As long as the gate lives they are renewed.
          Thread.sleep(PacketFilter.LIFE.plusSeconds(2));
          TestingClient held = new TestingClient("127.0.0.1", PORT, "GET /held HTTP/1.0\r\n\r");
          TestingPatience.await("one who waits", () -> gate.status().orElseThrow().held() > 0);
          assertThat(gate.status().orElseThrow().held()).as("the rules are renewed").isOne();
          hosts.kill();
          assertThatThrownBy(held::answer).hasMessageContaining("reset");
          assertThat(answerBySomebody()).contains("200 OK").endsWith("old\n");
          // The next one finds what was left behind and starts all the same.
          capture();
          GateStatus status = gate.status().orElseThrow();
          assertThat(status.mode()).isEqualTo(Mode.PASS);
          assertThat(status.way()).startsWith("takeover and redirection by " + tool);
          assertThat(gate.end(1, false)).isTrue();
          if (tool.equals(PacketFilter.NFTABLES)) {
            assertThat(TestingRung.rules(old)).isEqualTo(rules);
          } else {
            assertThat(TestingRung.rules(old)).doesNotContain("godwit", "8080");
          }
          return null;
        });
  }

  /** Refused as long as rules lead to nobody. */
  private static String answerBySomebody() throws InterruptedException {
    while (true) {
      try {
        return TestingClient.ask("127.0.0.1", PORT, "GET /after HTTP/1.0\r\n\r");
      } catch (Exception e) {
        Thread.sleep(50);
      }
    }
  }

  @Test
  void h58_a_gate_that_died_after_its_release_goes_on_when_it_is_asked_for() throws Exception {
    Destination destination = startLanding();
    onOld(
        () -> {
          capture();
          gate.hold(1, Duration.ofSeconds(30));
          before.quit();
          gate.takeQueued(1);
          gate.release(1, destination, 0);
          assertThat(TestingClient.ask("127.0.0.1", PORT, "GET / HTTP/1.0\r\n\r"))
              .endsWith("new\n");
          hosts.kill();
          assertThat(gate.status().orElseThrow().mode()).isEqualTo(Mode.RELEASED);
          assertThat(TestingClient.ask("127.0.0.1", PORT, "GET / HTTP/1.0\r\n\r"))
              .endsWith("new\n");
          assertThatThrownBy(() -> gate.back(2)).hasMessageContaining("released");
          gate.end(2, true);
          assertThat(hosts.state("released")).doesNotExist();
          return null;
        });
  }

  @Test
  void an_end_that_is_refused_leaves_the_gate_and_is_answered_at_once() throws Exception {
    Destination destination = startLanding();
    onOld(
        () -> {
          capture();
          gate.hold(1, Duration.ofSeconds(30));
          before.quit();
          gate.takeQueued(1);
          gate.release(1, destination, 0);
          try (TestingClient open =
              new TestingClient("127.0.0.1", PORT, "GET / HTTP/1.0")) { // and no end of it
            TestingPatience.await("its connection", () -> gate.status().orElseThrow().open() > 0);
            assertThatThrownBy(() -> gate.end(1, false)).hasMessageContaining("they would be cut");
            assertThat(open.isAnswered()).isFalse();
          }
          assertThat(gate.end(1, true)).isTrue();
          return null;
        });
  }

  /** It may be ending already, or have lost its socket: others are taken down after it. */
  @Test
  void h57_an_end_that_no_gate_answers_is_none_while_its_process_lives() throws Exception {
    onOld(
        () -> {
          capture();
          long gates = hosts.pid();
          Files.delete(hosts.state("gate.sock"));
          assertThatThrownBy(() -> gate.end(1, true))
              .hasMessageContaining("still there")
              .hasMessageContaining("process " + gates + " of");
          TestingNamespace.command("kill", "-TERM", Long.toString(gates));
          TestingPatience.await("its end", () -> ProcessHandle.of(gates).isEmpty());
          return null;
        });
  }

  @Test
  void a_group_is_drained_and_closed_by_whoever_is_on_the_gates_host() throws Exception {
    onOld(
        () -> {
          capture();
          Path control = hosts.state("control.sock");
          ForwardControl.SOCKETS.ask(control, "close web");
          assertThatThrownBy(() -> TestingClient.ask("127.0.0.1", PORT, "GET / HTTP/1.0\r\n\r"))
              .hasMessageContaining("reset");
          assertThat(ForwardControl.SOCKETS.ask(control, "status"))
              .contains("\"mode\":\"closed\"", "\"refused\":1", "of a move, pass");
          assertThat(gate.status().orElseThrow().groups().getFirst().mode())
              .isEqualTo(GroupMode.CLOSED);
          for (String refused : List.of("hold web 5s", "release web to=127.0.0.1:1", "drain x")) {
            assertThatThrownBy(() -> ForwardControl.SOCKETS.ask(control, refused))
                .as(refused)
                .hasMessageMatching("unable to .* the move's.*|there is no group x here.*");
          }
          ForwardControl.SOCKETS.ask(control, "release web");
          assertThat(TestingClient.ask("127.0.0.1", PORT, "GET / HTTP/1.0\r\n\r"))
              .endsWith("old\n");
          return null;
        });
  }

  @Test
  void h50_a_gate_that_was_stopped_for_longer_than_its_lease_goes_back() throws Exception {
    onOld(
        () -> {
          capture();
          gate.hold(1, Duration.ofSeconds(1));
          TestingClient held = new TestingClient("127.0.0.1", PORT, "GET /held HTTP/1.0\r\n\r");
          long pid = hosts.pid();
          TestingNamespace.command("kill", "-STOP", Long.toString(pid));
          Thread.sleep(3000);
          TestingNamespace.command("kill", "-CONT", Long.toString(pid));
          // The watchdog did not take the pause for a hang, and a late release is refused.
          assertThatThrownBy(
                  () -> gate.release(1, Destination.direct(InetAddress.getByName("10.9.0.2")), 0))
              .isInstanceOf(GateException.class);
          assertThat(held.answer()).endsWith("old\n");
          return null;
        });
  }

  @Test
  void h59_a_landing_obeys_no_order_of_an_older_epoch() throws Exception {
    Destination destination = hosts.startLanding(GROUPS, 3);
    assertThatThrownBy(() -> hosts.startLanding(GROUPS, 2))
        .hasMessageContaining("refused: the order is of epoch 2, and epoch 3 has begun");
    assertThatThrownBy(() -> landing.end(2)).hasMessageContaining("epoch 3 has begun");
    assertThat(landing.status().port()).isEqualTo(destination.landingPort());
    assertThat(hosts.startLanding(GROUPS, 3).landingPort()).isEqualTo(destination.landingPort());
    assertThat(landing.end(3)).isTrue();
    assertThatThrownBy(() -> hosts.startLanding(GROUPS, 2))
        .hasMessageContaining("epoch 3 has begun");
  }

  @Test
  void h57_a_landing_begins_again_where_a_reboot_has_left_its_record() throws Exception {
    Destination destination = startLanding();
    Path state = hosts.landingState("");
    kill(hosts.landingState("landing.pid"));
    // What is in /run.
    for (String gone : List.of("landing.sock", "landing.pid", "landing.lock", "landing.log")) {
      Files.deleteIfExists(state.resolve(gone));
    }
    // The host's address is not there yet.
    TestingNamespace.command("ip", "-n", fresh.name, "addr", "flush", "dev", "gw9b");
    List<String> command = TestingDaemons.command("landing-daemon").in(state);
    Process booted =
        new ProcessBuilder(fresh.inside(command.toArray(String[]::new))).inheritIO().start();
    try {
      while (!Files.exists(state.resolve("landing.pid"))) {
        assertThat(booted.isAlive()).as("the landing's process lives").isTrue();
        Thread.sleep(10);
      }
      assertThat(landing.status().port()).isEqualTo(destination.landingPort());
      TestingNamespace.command("ip", "-n", fresh.name, "addr", "add", "10.9.0.2/24", "dev", "gw9b");
      onOld(
          () -> {
            capture();
            gate.probe(destination, Duration.ofSeconds(5));
            gate.end(1, true);
            return null;
          });
      // One that is killed leaves nothing after its end either.
      kill(state.resolve("landing.pid"));
      assertThat(booted.waitFor()).isNotZero();
      assertThat(landing.end(1)).isFalse();
      for (String gone : List.of("landing", "landing.token", "landing.port")) {
        assertThat(state.resolve(gone)).doesNotExist();
      }
      Files.deleteIfExists(state.resolve("landing.pid"));
    } finally {
      booted.destroyForcibly();
    }
  }

  private static void kill(Path pid) throws Exception {
    TestingNamespace.command("kill", "-KILL", Files.readString(pid).strip());
  }
}
