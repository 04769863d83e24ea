package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host that has seven ports for connections of its own. */
@Timeout(TestingPatience.TEST_SECONDS)
final class PortRoomTest {
  private static final int PORTS = 7;
  private static final int PORT = 8080;
  private static final Path SETTINGS = Path.of("/proc/sys/net/ipv4");

  private static TestingNamespace host;
  private static TestingNamespace clients;
  private static TestingServer service;

  @BeforeAll
  static void start() throws Exception {
    host = new TestingNamespace();
    clients = new TestingNamespace();
    host.connectTo(clients);
    service = TestingServer.start(host, "service", "::", 8081);
    host.call(
        () -> {
          ports("40000 40009");
          Files.writeString(SETTINGS.resolve("ip_local_reserved_ports"), "40003,40005-40006");
          return null;
        });
  }

  private static void ports(String range) throws IOException {
    Files.writeString(SETTINGS.resolve("ip_local_port_range"), range);
  }

  @AfterAll
  static void end() throws Exception {
    service.close();
    host.close();
    clients.close();
  }

  private static ForwardRule rule(String... more) {
    return TestingRules.rule("web", more);
  }

  private static ForwardServer forward(String... more) throws IOException {
    List<String> all = new ArrayList<>(List.of("listen", ":8080", "to", "127.0.0.1:8081"));
    all.addAll(List.of(more));
    ForwardRules rules =
        new ForwardRules(
            List.of(rule(all.toArray(String[]::new))), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
    return ForwardServer.start(rules, line -> {});
  }

  private static ForwardStatus.Group group(ForwardServer forward) throws Exception {
    return forward.status().groups().getFirst();
  }

  private static void awaitOpen(ForwardServer forward, int count) throws Exception {
    TestingPatience.await(count + " connections", () -> group(forward).open() == count);
  }

  @Test
  void h51_who_comes_when_every_port_is_taken_is_refused_at_once_until_one_is_free()
      throws Exception {
    host.call(
        () -> {
          try (ForwardServer forward = forward("client-address", "plain")) {
            List<Socket> inside =
                clients.call(
                    () -> {
                      List<Socket> all = new ArrayList<>();
                      for (int i = 0; i < PORTS; i++) {
                        all.add(new Socket("10.9.0.1", PORT));
                      }
                      return all;
                    });
            awaitOpen(forward, PORTS);
            clients.call(
                () -> {
                  assertThatThrownBy(() -> TestingClient.ask("10.9.0.1", PORT, "beyond"))
                      .hasStackTraceContaining("reset");
                  return null;
                });
            assertThat(group(forward).refused()).isEqualTo(1);
            assertThat(group(forward).errors())
                .containsExactly(Map.entry("refused: the limit of this host's ports, 7", 1L));
            Socket first = inside.getFirst();
            first.getOutputStream().write("first\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(first.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                .startsWith("service first");
            first.close();
            awaitOpen(forward, PORTS - 1);
            assertThat(clients.call(() -> TestingClient.ask("10.9.0.1", PORT, "next")))
                .startsWith("service next");
            for (Socket one : inside) {
              one.close();
            }
          }
          return null;
        });
  }

  @Test
  void h51_more_than_the_ports_allow_is_refused_at_the_start_and_less_is_said() throws Exception {
    host.call(
        () -> {
          assertThatThrownBy(() -> forward("client-address", "plain", "max", "8"))
              .isInstanceOf(IOException.class)
              .hasMessage(
                  "unable to serve 8 connections of web at once: net.ipv4.ip_local_port_range allows"
                      + " 7 to its destinations (a port each); widen it, or lower the number");
          try (ForwardServer forward = forward("client-address", "plain")) {
            assertThat(forward.shortOfPorts())
                .containsExactly(
                    "web: 7 of them, as each takes a port of this host and"
                        + " net.ipv4.ip_local_port_range has no more");
          }
          try (ForwardServer forward = forward("client-address", "plain", "max", "7")) {
            assertThat(forward.shortOfPorts()).isEmpty();
          }
          try (ForwardServer forward = forward("client-address", "transparent")) {
            assertThat(forward.shortOfPorts()).isEmpty();
          }
          return null;
        });
  }

  @Test
  void h51_each_destination_has_all_ports() throws Exception {
    host.call(
        () -> {
          assertThat(room("listen", ":80", "to", "10.0.0.1:80")).isEqualTo(PORTS);
          assertThat(room("listen", ":80-82", "to", "10.0.0.1")).isEqualTo(3 * PORTS);
          assertThat(room("listen", ":80-82", "to", "10.0.0.1:80")).isEqualTo(PORTS);
          assertThat(room("listen", ":80", "to", "10.0.0.1:80", "to", "10.0.0.2:80"))
              .as("one at a time")
              .isEqualTo(PORTS);
          assertThat(
                  room(
                      "listen",
                      ":80",
                      "to",
                      "10.0.0.1:80",
                      "to",
                      "10.0.0.2:80",
                      "balance",
                      "round-robin"))
              .isEqualTo(2 * PORTS);
          assertThat(room("listen", ":80", "to", "unix:/run/x")).isEqualTo(PortRoom.ENOUGH);
          return null;
        });
  }

  @Test
  void h51_by_another_host_there_are_no_more_than_the_way_carries() throws Exception {
    host.call(
        () -> {
          int most = Via.room();
          String more = Integer.toString(most + 1);
          assertThat(room("listen", ":80-82", "to", "10.0.0.1", "via", "far")).isEqualTo(most);
          assertThat(room("listen", ":80", "to", "unix:/run/x", "via", "far")).isEqualTo(most);
          ForwardRule rule = rule("listen", ":80", "to", "10.0.0.1:80", "via", "far");
          assertThat(PortRoom.of(rule, ClientAddress.TRANSPARENT)).isEqualTo(most);
          assertThat(PortRoom.why(rule, most)).startsWith("far carries no more");
          assertThat(PortRoom.limit(rule)).isEqualTo("the way by far");
          assertThatThrownBy(
                  () -> room("listen", ":80", "to", "10.0.0.1", "via", "far", "max", more))
              .isInstanceOf(IOException.class)
              .hasMessageStartingWith(
                  "unable to serve " + more + " connections of web at once: far carries " + most)
              .hasMessageEndingWith("; lower the number");
          return null;
        });
  }

  private static int room(String... rule) throws IOException {
    return PortRoom.of(rule(rule), ClientAddress.PLAIN);
  }
}
