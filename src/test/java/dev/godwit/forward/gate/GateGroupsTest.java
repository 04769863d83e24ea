package dev.godwit.forward.gate;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.daemon.ControlSocket;
import dev.godwit.daemon.RequestException;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.GateStatus.Mode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Single groups of a gate: drained, closed, and limited for one client; on rungs of each kind. */
@ParameterizedClass
@EnumSource(
    value = TestingRung.class,
    names = {"LOOKUP", "TAKEOVER_NFTABLES", "REDIRECTION_IPTABLES"})
@Timeout(TestingPatience.TEST_SECONDS)
final class GateGroupsTest {
  private static final int WEB_PORT = 8080;
  private static final int MAIL_PORT = 8081;
  private static final PortGroup WEB =
      new PortGroup("web", List.of(WEB_PORT), List.of(), ClientAddress.PLAIN, 5, 3);
  private static final PortGroup MAIL =
      new PortGroup("mail", List.of(MAIL_PORT), ClientAddress.PLAIN);
  private static final Duration LONG = Duration.ofSeconds(20);

  private static TestingNamespace namespace;
  private static TestingNamespace elsewhere;
  private static final List<TestingServer> servers = new ArrayList<>();
  private static Destination fresh;

  @TempDir Path parent;
  private final TestingRung rung;
  private final List<Socket> sockets = new ArrayList<>();

  GateGroupsTest(TestingRung rung) {
    this.rung = rung;
  }

  @BeforeAll
  static void start() throws Exception {
    namespace = new TestingNamespace();
    elsewhere = new TestingNamespace();
    namespace.connectTo(elsewhere);
    fresh = Destination.direct(InetAddress.getByName("10.9.0.2"));
    for (int port : new int[] {WEB_PORT, MAIL_PORT}) {
      servers.add(TestingServer.start(namespace, "old", "::", port));
      servers.add(TestingServer.start(elsewhere, "new", "::", port));
    }
  }

  @AfterAll
  static void end() throws Exception {
    for (TestingServer server : servers) {
      server.close();
    }
    namespace.close();
    elsewhere.close();
  }

  private Gate gate;

  @BeforeEach
  void capture() throws Exception {
    gate =
        namespace.call(() -> rung.capture(parent.resolve("move"), List.of(WEB, MAIL), () -> {}, 0));
  }

  @AfterEach
  void nothingStays() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    inside(
        () -> {
          gate.close();
          return null;
        });
    assertThat(TestingRung.rules(namespace)).doesNotContain("godwit").doesNotContain("8080");
  }

  private void inside(Callable<Void> body) throws Exception {
    namespace.call(body);
  }

  /** Connects from inside; asks nothing yet. */
  private Socket connect(String address, int port) throws IOException {
    Socket socket = new Socket(address, port);
    socket.setSoTimeout(TestingPatience.MILLIS);
    sockets.add(socket);
    return socket;
  }

  private static String ask(Socket socket, String line) throws IOException {
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  private void assertRefused(String address, int port) {
    assertThatThrownBy(() -> ask(connect(address, port), "x"))
        .hasMessageMatching("Connection reset.*|Broken pipe");
  }

  private GateStatus.Group web() throws InterruptedException {
    return gate.status().groups().getFirst();
  }

  @Test
  void what_is_told_on_the_host_says_the_rung_and_why_no_better_one() throws Exception {
    namespace.call(
        () -> {
          Path directory = parent.resolve("move");
          try (GateControl control = GateControl.start(directory, () -> gate)) {
            JsonNode told = JsonMapper.shared().readTree(told(directory, "status"));
            assertThat(told.get("rung").asInt()).isEqualTo(rung.rung.ordinal());
            assertThat(told.get("way").asString()).isEqualTo(gate.status().way()).isNotBlank();
            assertThat(told.get("move").asString()).isEqualTo("move");
            assertThat(told.get("gate_mode").asString()).isEqualTo("pass");
            assertThat(told.get("lease_ms").asLong()).isZero();
            gate.hold(1, LONG);
            JsonNode held = JsonMapper.shared().readTree(told(directory, "status"));
            assertThat(held.get("gate_mode").asString()).isEqualTo("hold");
            assertThat(held.get("lease_ms").asLong()).isBetween(1L, LONG.toMillis());
            gate.back(1);
            // What a gate never does, and what it does not know, is a mistake of who asks.
            for (String wrong : List.of("hold web 5s", "close ftp", "close", "release web to=x")) {
              assertThatThrownBy(() -> told(directory, wrong))
                  .as(wrong)
                  .isInstanceOf(RequestException.class);
            }
            assertThat(GateControl.moves(parent)).containsExactly("move");
          }
          assertThat(GateControl.moves(parent)).isEmpty();
          return null;
        });
  }

  @Test
  void figures_for_prometheus_say_mode_who_waits_rung_and_lease() throws Exception {
    namespace.call(
        () -> {
          Path directory = parent.resolve("move");
          try (GateControl control = GateControl.start(directory, () -> gate)) {
            assertThat(metrics(directory))
                .contains("godwit_gate_mode{mode=\"pass\"} 1", "godwit_gate_mode{mode=\"hold\"} 0")
                .contains("godwit_gate_rung{group=\"web\"} " + rung.rung.ordinal())
                .contains("godwit_gate_held 0", "godwit_gate_lease_seconds 0.000");
            gate.hold(1, LONG);
            sockets.add(new Socket("127.0.0.1", WEB_PORT));
            await(() -> gate.status().held() >= 1);
            List<String> held = metrics(directory);
            assertThat(held)
                .contains("godwit_gate_mode{mode=\"pass\"} 0", "godwit_gate_mode{mode=\"hold\"} 1")
                .contains("godwit_gate_held 1", "godwit_forward_held{group=\"web\"} 1");
            assertThat(held)
                .filteredOn(line -> line.startsWith("godwit_gate_lease_seconds "))
                .singleElement()
                .satisfies(
                    line ->
                        assertThat(Double.parseDouble(line.split(" ")[1]))
                            .isBetween(0.001, (double) LONG.toSeconds()));
            gate.back(1);
          }
          return null;
        });
  }

  private static String told(Path directory, String command) throws Exception {
    return new ControlSocket("forward", "gate").ask(directory.resolve("control.sock"), command);
  }

  private static List<String> metrics(Path directory) throws Exception {
    return told(directory, GateControl.METRICS).lines().toList();
  }

  @Test
  void a_closed_group_refuses_who_comes_and_leaves_the_service_and_other_groups_alone()
      throws Exception {
    inside(
        () -> {
          Socket there = connect("127.0.0.1", WEB_PORT);
          await(() -> gate.busy(0).stream().anyMatch(b -> b.open() == 1));
          gate.groups().close("web");
          for (int i = 0; i < 3; i++) {
            assertRefused("127.0.0.1", WEB_PORT);
            assertRefused("::1", WEB_PORT);
          }
          assertThat(ask(connect("127.0.0.1", MAIL_PORT), "m")).startsWith("old m 127.0.0.1");
          assertThat(ask(there, "still")).as("the service's own").startsWith("old still");
          assertThat(web().mode()).isEqualTo(GroupMode.CLOSED);
          assertThat(web().refused()).isEqualTo(6);
          assertThat(web().errors()).containsEntry("refused: the group is closed", 6L);
          assertThat(gate.status().mode()).isEqualTo(Mode.PASS);
          assertThat(gate.status().summary()).contains("web is closed, 6 refused");
          assertThat(gate.status().visitors()).hasSize(2);
          assertThat(gate.status().groups().getLast().mode()).isEqualTo(GroupMode.PASS);
          gate.groups().open("web");
          assertThat(ask(connect("127.0.0.1", WEB_PORT), "w")).startsWith("old w 127.0.0.1");
          assertThatThrownBy(() -> gate.groups().close("ftp"))
              .hasMessageContaining("there is no group ftp here; there is web, mail");
          return null;
        });
  }

  @Test
  void a_hold_and_a_way_back_leave_a_closed_group_closed() throws Exception {
    inside(
        () -> {
          gate.groups().close("web");
          gate.hold(1, LONG);
          assertRefused("127.0.0.1", WEB_PORT);
          TestingClient waits = new TestingClient("127.0.0.1", MAIL_PORT, "h");
          await(() -> gate.status().held() == 1);
          assertThat(web().mode()).isEqualTo(GroupMode.CLOSED);
          assertThat(gate.status().groups().getLast().mode()).isEqualTo(GroupMode.HOLD);
          gate.back(1);
          assertThat(waits.answer()).startsWith("old h");
          assertRefused("127.0.0.1", WEB_PORT);
          assertThat(ask(connect("127.0.0.1", MAIL_PORT), "m")).startsWith("old m 127.0.0.1");
          gate.groups().open("web");
          assertThat(ask(connect("127.0.0.1", WEB_PORT), "w")).startsWith("old w 127.0.0.1");
          return null;
        });
  }

  @Test
  void a_drain_lets_what_is_relayed_end_and_then_closes() throws Exception {
    inside(
        () -> {
          gate.hold(1, LONG);
          gate.release(1, fresh, 0);
          Socket ends = connect("127.0.0.1", WEB_PORT);
          await(() -> web().open() == 1);
          gate.groups().drain("web", LONG);
          assertRefused("127.0.0.1", WEB_PORT);
          assertThat(web().mode()).isEqualTo(GroupMode.DRAIN);
          assertThat(ask(ends, "e")).startsWith("new e");
          ends.close();
          await(() -> web().mode() == GroupMode.CLOSED);
          gate.groups().open("web");
          Socket stays = connect("127.0.0.1", WEB_PORT);
          Socket other = connect("127.0.0.1", MAIL_PORT);
          await(() -> gate.status().open() == 2);
          gate.groups().drain("web", Duration.ofMillis(300));
          await(() -> web().mode() == GroupMode.CLOSED);
          assertThatThrownBy(() -> ask(stays, "s"))
              .hasMessageMatching("Connection reset.*|Broken.*");
          assertThat(ask(other, "o")).startsWith("new o");
          assertThat(web().errors()).containsEntry("the group was closed", 1L);
          return null;
        });
  }

  /** Three at once; the fourth is refused, and those of another address are not. */
  @Test
  void h51_one_client_address_does_not_take_all_places() throws Exception {
    inside(
        () -> {
          gate.hold(1, LONG);
          List<TestingClient> waiting = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            waiting.add(new TestingClient("127.0.0.1", WEB_PORT, "w" + i));
          }
          await(() -> gate.status().held() == 3);
          assertRefused("127.0.0.1", WEB_PORT);
          waiting.add(new TestingClient("::1", WEB_PORT, "w3"));
          for (int i = 4; i < 10; i++) {
            waiting.add(new TestingClient("127.0.0.1", MAIL_PORT, "w" + i)); // has no limit
          }
          await(() -> gate.status().held() == 10);
          assertThat(web().refused()).isEqualTo(1);
          assertThat(web().errors()).containsEntry("refused: the limit of one client, 3", 1L);
          gate.release(1, fresh, 0);
          for (int i = 0; i < 10; i++) {
            assertThat(waiting.get(i).answer()).startsWith("new w" + i);
            waiting.get(i).close();
          }
          await(() -> gate.status().open() == 0);
          // Their places are free again, and relayed ones count as those who wait do.
          for (int i = 0; i < 3; i++) {
            connect("127.0.0.1", WEB_PORT);
          }
          await(() -> web().open() == 3);
          assertRefused("127.0.0.1", WEB_PORT);
          return null;
        });
  }

  /** Five at once, of whatever address; another service's clients do not meet it. */
  @Test
  void h51_a_group_has_no_more_places_than_it_is_given() throws Exception {
    inside(
        () -> {
          gate.hold(1, LONG);
          List<TestingClient> waiting = new ArrayList<>();
          for (int i = 0; i < 5; i++) {
            waiting.add(new TestingClient(i < 3 ? "127.0.0.1" : "::1", WEB_PORT, "w" + i));
          }
          await(() -> gate.status().held() == 5);
          assertRefused("::1", WEB_PORT);
          for (int i = 5; i < 12; i++) {
            waiting.add(new TestingClient("127.0.0.1", MAIL_PORT, "w" + i)); // has no limit
          }
          await(() -> gate.status().held() == 12);
          assertThat(web().errors())
              .containsOnly(Map.entry("refused: the limit of the group, 5", 1L));
          gate.release(1, fresh, 0);
          for (int i = 0; i < 12; i++) {
            assertThat(waiting.get(i).answer()).startsWith("new w" + i);
            waiting.get(i).close();
          }
          await(() -> gate.status().open() == 0);
          for (int i = 0; i < 5; i++) {
            connect(i < 3 ? "127.0.0.1" : "::1", WEB_PORT);
          }
          await(() -> web().open() == 5);
          assertRefused("::1", WEB_PORT);
          return null;
        });
  }
}
