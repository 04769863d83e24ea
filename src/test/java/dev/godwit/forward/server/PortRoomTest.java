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
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
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

  /** Both are up, so that nobody but the first one may be asked. */
  private static ForwardServer withStandby(List<String> log) throws IOException {
    ForwardRule rule =
        rule(
            "listen",
            ":8080",
            "to",
            "127.0.0.1:8081",
            "to",
            "127.0.0.1:8083",
            "check",
            "100ms",
            "client-address",
            "plain");
    return ForwardServer.start(TestingRules.rules(rule), log::add);
  }

  /** Other programs have all ports to the service, as TIME_WAIT has them. */
  private static List<Socket> takeAllPorts() throws Exception {
    List<Socket> others = new ArrayList<>();
    TestingPatience.await(
        "every port, between two checks",
        () -> {
          try {
            Socket one = new Socket("127.0.0.1", 8081);
            one.setSoLinger(true, 0); // no TIME_WAIT of its own
            others.add(one);
          } catch (IOException e) {
            return others.size() == PORTS;
          }
          return others.size() == PORTS;
        });
    return others;
  }

  @Test
  void h51_want_of_ports_takes_no_destination_down_and_sends_nobody_to_the_next() throws Exception {
    host.call(
        () -> {
          List<String> log = new CopyOnWriteArrayList<>();
          try (TestingServer standby = TestingServer.start(host, "standby", "::", 8083);
              ForwardServer forward = withStandby(log)) {
            List<Socket> others = takeAllPorts();
            clients.call(
                () -> {
                  assertThatThrownBy(() -> TestingClient.ask("10.9.0.1", PORT, "a"))
                      .hasStackTraceContaining("reset");
                  return null;
                });
            assertThat(group(forward).to()).allMatch(ForwardStatus.Place::up);
            assertThat(group(forward).errors())
                .containsKey("given up: Cannot assign requested address");
            assertThat(log).as("although checks and clients go on").hasSize(1);
            assertThat(log.getFirst())
                .contains(
                    "web: ",
                    "127.0.0.1:8081",
                    "this host",
                    "net.ipv4.ip_local_port_range",
                    "net.ipv4.tcp_tw_reuse=1");
            for (Socket one : others) {
              one.close();
            }
            assertThat(clients.call(() -> TestingClient.ask("10.9.0.1", PORT, "b")))
                .startsWith("service b");
            assertThat(group(forward).to().getLast().total()).isZero();
            assertThat(standby).isNotNull();
          }
          return null;
        });
  }

  @Test
  void h51_want_of_ports_for_datagrams_takes_no_destination_down() throws Exception {
    host.call(
        () -> {
          List<DatagramSocket> others = new ArrayList<>();
          ForwardRule rule =
              rule("listen", "udp:127.0.0.1:8080", "to", "127.0.0.1:8081", "check", "1h");
          List<String> log = new CopyOnWriteArrayList<>();
          try (ForwardServer forward = ForwardServer.start(TestingRules.rules(rule), log::add);
              DatagramSocket client =
                  new DatagramSocket(new InetSocketAddress("127.0.0.1", 39999))) {
            for (int port : List.of(40000, 40001, 40002, 40004, 40007, 40008, 40009)) {
              others.add(new DatagramSocket(port));
            }
            for (int i = 0; i < 2 * Destinations.FALL; i++) {
              client.send(
                  new DatagramPacket(new byte[1], 1, new InetSocketAddress("127.0.0.1", PORT)));
            }
            TestingPatience.await("that it fails", () -> !group(forward).errors().isEmpty());
            TestingPatience.await(
                "that all have failed",
                () ->
                    group(forward).errors().values().stream().mapToLong(n -> n).sum()
                        >= 2 * Destinations.FALL);
            assertThat(group(forward).to()).allMatch(ForwardStatus.Place::up);
            assertThat(log).hasSize(1).allMatch(line -> line.contains("ip_local_port_range"));
          } finally {
            others.forEach(DatagramSocket::close);
          }
          return null;
        });
  }

  /** What runs from a folder of classes needs a descriptor for each: all are loaded before. */
  @Test
  void h51_want_of_descriptors_takes_no_destination_down() throws Exception {
    try (TestingServer standby = TestingServer.start(host, "standby", "::", 8083);
        TestingForward forward =
            TestingForward.start(
                host,
                ":8080",
                "127.0.0.1:8081",
                "127.0.0.1:8083",
                "127.0.0.1:9",
                "--check",
                "100ms",
                "--client-address",
                "plain")) {
      forward.await("127.0.0.1:9 is down");
      assertThat(clients.call(() -> TestingClient.ask("10.9.0.1", PORT, "a")))
          .startsWith("service a");
      limit(forward, forward.descriptors());
      forward.await("may open no more files");
      Thread.sleep(1_000); // more checks than take one down
      assertThat(forward.count("is down")).isEqualTo(1);
      assertThat(forward.count("may open no more files")).isEqualTo(1);
      limit(forward, 20_000);
      assertThat(clients.call(() -> TestingClient.ask("10.9.0.1", PORT, "b")))
          .startsWith("service b");
      assertThat(standby).isNotNull();
    }
  }

  private static void limit(TestingForward forward, int descriptors) throws Exception {
    TestingNamespace.command(
        "prlimit", "--pid", Long.toString(forward.pid()), "--nofile=" + descriptors + ":20000");
  }
}
