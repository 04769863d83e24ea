package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingHostState;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.forward.rules.Target;
import dev.godwit.host.LocalHost;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a service behind a forwarder sees of its clients, who are in another namespace. */
@Timeout(180)
final class TransparencyTest {
  private static final int SERVICE = 8081;
  private static final int PORT = 8080;

  private static TestingNamespace host;
  private static TestingNamespace clients;
  private static TestingServer service;
  private List<String> before;

  @TempDir Path directory;

  @BeforeAll
  static void start() throws Exception {
    host = new TestingNamespace();
    clients = new TestingNamespace();
    host.connectTo(clients);
    service = TestingServer.start(host, "service", "::", SERVICE);
  }

  @AfterAll
  static void end() throws Exception {
    service.close();
    host.close();
    clients.close();
  }

  @BeforeEach
  void look() throws Exception {
    before = TestingHostState.routing(host);
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(TestingHostState.routing(host)).isEqualTo(before);
  }

  private static String inside(String... command) throws Exception {
    return TestingNamespace.command(host.inside(command).toArray(String[]::new));
  }

  private static ForwardServer forward(String... keysAndValues) throws IOException {
    return ForwardServer.start(
        TestingRules.rules(TestingRules.rule("test", keysAndValues)), line -> {});
  }

  /** Tries a forwarder that must not start. */
  private static AbstractThrowableAssert<?, ?> assertRefused(String... keysAndValues) {
    return assertThatThrownBy(() -> forward(keysAndValues).close()).isInstanceOf(IOException.class);
  }

  private static String ask(String address, String word) throws Exception {
    return clients.call(() -> TestingClient.ask(address, PORT, word));
  }

  private static ForwardStatus.Group group(ForwardServer forward) throws Exception {
    return forward.status().groups().getFirst();
  }

  @Test
  void a_service_of_this_host_sees_its_clients() throws Exception {
    host.call(
        () -> {
          try (ForwardServer forward = forward("listen", ":8080", "to", "localhost:8081")) {
            assertThat(ask("10.9.0.1", "a")).startsWith("service a 10.9.0.2 ");
            assertThat(ask("fd09::1", "b")).startsWith("service b fd09:0:0:0:0:0:0:2 ");
            assertThat(TestingClient.ask("127.0.0.1", PORT, "c")).startsWith("service c 127.0.0.1");
            assertThat(group(forward).clientAddress()).isEqualTo("transparent");
            assertThat(group(forward).clientAddressWhy()).isEmpty();
            assertThat(TestingHostState.routing(host)).isNotEqualTo(before);
          }
          return null;
        });
  }

  @Test
  void of_a_service_that_takes_datagrams_too_the_status_says_whom_it_does_not_see()
      throws Exception {
    host.call(
        () -> {
          try (ForwardServer forward =
              forward("listen", ":8080", "listen", "udp::8080", "to", "localhost:8081")) {
            assertThat(group(forward).clientAddress()).isEqualTo("transparent");
            assertThat(group(forward).clientAddressWhy())
                .isEqualTo("datagrams are passed on by sockets of this host");
          }
          return null;
        });
  }

  /** By whoever still looks for a name when the process ends. */
  @Test
  void what_was_closed_does_not_set_the_host_up_again() throws Exception {
    host.call(
        () -> {
          Transparency closed = new Transparency(directory, "user", line -> {});
          closed.close();
          assertThat(closed.problem()).isEqualTo("this process is ending");
          return null;
        });
  }

  @Test
  void a_service_of_another_host_does_not_and_the_status_says_why() throws Exception {
    clients.call(
        () -> {
          try (ForwardServer forward = forward("listen", ":8080", "to", "10.9.0.1:8081")) {
            assertThat(TestingClient.ask("127.0.0.1", PORT, "d")).startsWith("service d 10.9.0.2 ");
            assertThat(group(forward).clientAddress()).isEqualTo("plain");
            assertThat(group(forward).clientAddressWhy())
                .isEqualTo("10.9.0.1:8081 is not on this host");
            forward.release("test", Endpoints.target("localhost:8081"), 0, false);
            assertThat(group(forward).clientAddress()).isEqualTo("plain");
            assertThat(group(forward).clientAddressWhy())
                .isEqualTo(
                    "10.9.0.1:8081 is not on this host (settled by where the rules lead, and not"
                        + " changed by a release)");
          }
          return null;
        });
  }

  @Test
  void what_was_asked_for_and_cannot_be_is_refused() throws Exception {
    clients.call(
        () -> {
          assertRefused("listen", ":8080", "to", "10.9.0.1:8081", "client-address", "transparent")
              .hasMessageContaining("10.9.0.1:8081 is not on this host");
          return null;
        });
  }

  @Test
  void of_several_destinations_each_has_to_be_on_this_host_when_it_was_asked_for()
      throws Exception {
    host.call(
        () -> {
          assertRefused(
                  "listen",
                  ":8080",
                  "to",
                  "localhost:8081",
                  "to",
                  "10.9.0.2:8081",
                  "client-address",
                  "transparent")
              .hasMessageContaining("10.9.0.2:8081 is not on this host");
          assertThat(TestingHostState.routing(host)).isEqualTo(before);
          try (ForwardServer forward =
              forward("listen", ":8080", "to", "localhost:8081", "to", "10.9.0.2:8081")) {
            assertThat(group(forward).clientAddress()).isEqualTo("transparent");
            assertThat(group(forward).clientAddressWhy())
                .isEqualTo("10.9.0.2:8081 is not on this host");
          }
          return null;
        });
  }

  @Test
  void a_release_leads_nowhere_where_what_was_asked_for_is_not_to_be_had() throws Exception {
    host.call(
        () -> {
          Target other = Endpoints.target("10.9.0.2:8081");
          try (ForwardServer forward =
              forward("listen", ":8080", "to", "localhost:8081", "client-address", "transparent")) {
            forward.hold("test", Duration.ofSeconds(20));
            assertThatThrownBy(() -> forward.release("test", other, 0, false))
                .hasMessageContaining("10.9.0.2:8081 is not on this host");
            forward.release("test", null, 0, false);
            assertThat(ask("10.9.0.1", "m")).startsWith("service m 10.9.0.2 ");
          }
          try (ForwardServer forward = forward("listen", ":8080", "to", "localhost:8081")) {
            assertThat(group(forward).clientAddressWhy()).isEmpty();
            forward.release("test", other, 0, false);
            assertThat(group(forward).clientAddressWhy())
                .isEqualTo("10.9.0.2:8081 is not on this host");
          }
          return null;
        });
  }

  @Test
  void a_destination_without_an_address_of_a_clients_family_is_told() throws Exception {
    host.call(
        () -> {
          try (ForwardServer forward =
              forward("listen", ":8080", "to", "127.0.0.1:8081", "client-address", "transparent")) {
            assertThat(ask("10.9.0.1", "n")).startsWith("service n 10.9.0.2 ");
            assertThat(ask("fd09::1", "o")).startsWith("service o 127.0.0.1 ");
            assertThat(group(forward).clientAddressWhy())
                .isEqualTo("127.0.0.1:8081 has no address for clients of IPv6");
          }
          return null;
        });
  }

  /** Of IPv6 alone, foreign addresses do not come through. */
  private void filterSix() throws Exception {
    inside(
        "nft",
        "add table ip6 stranger; add chain ip6 stranger in"
            + " { type filter hook input priority 0; }; add rule ip6 stranger in"
            + " ip6 saddr 2001:db8::/32 drop");
  }

  private void filterNothing() throws Exception {
    inside("nft", "delete table ip6 stranger");
  }

  @Test
  void where_it_works_for_one_family_alone_it_is_refused_when_asked_for_and_else_told()
      throws Exception {
    String why = "a connection from a foreign IPv6 address does not arrive here";
    filterSix();
    try {
      host.call(
          () -> {
            assertRefused(
                    "listen", ":8080", "to", "localhost:8081", "client-address", "transparent")
                .hasMessageContaining(why);
            try (ForwardServer forward = forward("listen", ":8080", "to", "localhost:8081")) {
              assertThat(ask("10.9.0.1", "p")).startsWith("service p 10.9.0.2 ");
              assertThat(ask("fd09::1", "q")).startsWith("service q 127.0.0.1 ");
              assertThat(group(forward).clientAddress()).isEqualTo("transparent");
              assertThat(group(forward).clientAddressWhy()).isEqualTo(why);
            }
            return null;
          });
      Process process = behindAnotherHost();
      assertThat(process.inputReader().readLine()).isEqualTo("transparent far: " + why);
      end(process);
    } finally {
      filterNothing();
    }
  }

  @Test
  void where_the_host_uses_the_mark_itself_it_is_plain_and_the_status_says_why() throws Exception {
    inside("ip", "rule", "add", "fwmark", "0x67", "lookup", "200");
    before = TestingHostState.routing(host);
    host.call(
        () -> {
          try (ForwardServer forward = forward("listen", ":8080", "to", "localhost:8081")) {
            assertThat(ask("10.9.0.1", "l")).startsWith("service l 127.0.0.1 ");
            assertThat(group(forward).clientAddress()).isEqualTo("plain");
            assertThat(group(forward).clientAddressWhy())
                .contains("this host has the rule", "fwmark 0x67 lookup 200");
          }
          return null;
        });
    assertThat(TestingHostState.routing(host)).isEqualTo(before);
    inside("ip", "rule", "del", "fwmark", "0x67", "lookup", "200");
    before = TestingHostState.routing(host);
  }

  @Test
  void plain_is_plain_and_clients_of_this_host_are_no_reason_to_change_it() throws Exception {
    host.call(
        () -> {
          try (ForwardServer forward =
              forward("listen", ":8080", "to", "localhost:8081", "client-address", "plain")) {
            assertThat(ask("10.9.0.1", "e")).startsWith("service e 127.0.0.1 ");
            assertThat(TestingHostState.routing(host)).isEqualTo(before);
            assertThat(group(forward).clientAddressWhy()).isEmpty();
          }
          try (ForwardServer forward = forward("listen", "8080", "to", "localhost:8081")) {
            assertThat(TestingClient.ask("127.0.0.1", PORT, "f")).startsWith("service f 127.0.0.1");
            assertThat(TestingHostState.routing(host)).isEqualTo(before);
            assertThat(group(forward).clientAddressWhy()).isEqualTo("its clients are on this host");
          }
          return null;
        });
  }

  @Test
  void a_forwarder_that_would_call_itself_is_stopped_at_the_first_turn() throws Exception {
    inside("ip", "addr", "add", "10.9.0.3/24", "dev", "gw9a");
    before = TestingHostState.routing(host);
    host.call(
        () -> {
          assertRefused("listen", ":8080", "to", "10.9.0.3:8080")
              .hasMessageContaining("it would call itself without an end");
          // By another forwarder, of whose rules nothing is known here.
          try (ForwardServer forward = forward("listen", ":8080", "to", "10.9.0.3:8090");
              ForwardServer other = forward("listen", ":8090", "to", "10.9.0.3:8080")) {
            assertThatThrownBy(() -> ask("10.9.0.1", "g")).isNotNull();
            assertThat(group(forward).errors())
                .containsKey("refused: it comes from this forwarder itself");
            assertThat(group(other).total()).isLessThan(5);
          }
          return null;
        });
  }

  /** A client may have the port that a connection of ours has, to another one of this host. */
  @Test
  void a_client_from_a_port_that_we_use_ourselves_is_no_circle() throws Exception {
    host.call(
        () -> {
          try (ServerSocket service = new ServerSocket()) {
            service.bind(new InetSocketAddress("127.0.0.1", 8085));
            service.setSoTimeout(TestingPatience.MILLIS);
            InetSocketAddress relay = new InetSocketAddress("127.0.0.1", 8086);
            try (ForwardServer forward =
                    forward("listen", "127.0.0.1:8086", "to", "127.0.0.1:8085");
                Socket first = new Socket()) {
              first.bind(new InetSocketAddress("127.0.0.1", 20_000)); // none that is given out
              first.connect(relay);
              try (Socket atFirst = service.accept()) {
                // Until then it would be held too, and come again.
                TestingPatience.await("its connection", () -> group(forward).open() > 0);
                int ours = atFirst.getPort();
                forward.hold("test", Duration.ofSeconds(20));
                inside("sysctl", "-qw", "net.ipv4.ip_local_port_range=" + ours + " " + ours);
                try (Socket second = new Socket(relay.getAddress(), relay.getPort())) {
                  assertThat(second.getLocalPort()).isEqualTo(ours);
                  inside("sysctl", "-qw", "net.ipv4.ip_local_port_range=32768 60999");
                  forward.release("test", null, 0, false);
                  try (Socket atSecond = service.accept()) {
                    atSecond.setSoTimeout(TestingPatience.MILLIS);
                    second.getOutputStream().write(7);
                    assertThat(atSecond.getInputStream().read()).isEqualTo(7);
                  }
                }
              }
              assertThat(group(forward).errors()).isEmpty();
            }
          }
          return null;
        });
  }

  /** What was another host when the rules were read is this one now. */
  @Test
  void a_circle_that_comes_about_later_is_stopped_at_the_first_turn() throws Exception {
    host.call(
        () -> {
          try (ForwardServer forward =
              forward("listen", ":8080", "to", "10.9.0.4:8080", "client-address", "plain")) {
            inside("ip", "addr", "add", "10.9.0.4/24", "dev", "gw9a");
            before = TestingHostState.routing(host);
            forward.resolve();
            assertThatThrownBy(() -> ask("10.9.0.1", "g")).isNotNull();
            assertThat(group(forward).errors())
                .containsKey("refused: it comes from this forwarder itself");
            assertThat(group(forward).total()).isLessThan(5);
          }
          return null;
        });
  }

  @Test
  void h49_who_is_announced_by_a_trusted_peer_is_who_is_shown() throws Exception {
    host.call(
        () -> {
          try (ForwardServer forward =
              forward("listen", ":8080", "to", "localhost:8081", "accept-proxy", "10.9.0.2")) {
            assertThat(ask("10.9.0.1", "PROXY TCP4 192.0.2.7 10.9.0.1 4711 80\r\nh"))
                .startsWith("service h 192.0.2.7 4711");
            assertThat(group(forward).errors()).isEmpty();
          }
          return null;
        });
  }

  @Test
  void a_service_behind_another_host_sees_its_clients() throws Exception {
    Process process = behindAnotherHost();
    assertThat(process.inputReader().readLine()).isEqualTo("transparent ");
    assertThat(ask("10.9.0.1", "i")).startsWith("service i 10.9.0.2 ");
    assertThat(ask("fd09::1", "j")).startsWith("service j fd09:0:0:0:0:0:0:2 ");
    end(process);
  }

  private Process behindAnotherHost() throws IOException {
    return new ProcessBuilder(
            host.inside(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                TransparencyTest.class.getName(),
                directory.toString()))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void end(Process process) throws Exception {
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
  }

  /**
   * Near and far side in one process, which is all in the namespace: virtual threads are not where
   * the thread that started them is.
   */
  public static void main(String[] arguments) throws Exception {
    RuleBuilder rule = new RuleBuilder("test");
    rule.add("listen", ":8080");
    rule.add("to", "localhost:8081");
    rule.add("via", "far");
    ForwardRules rules =
        new ForwardRules(List.of(rule.build()), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
    try (ConnectAbility far = new ConnectAbility(Path.of(arguments[0]));
        ForwardServer forward =
            ForwardServer.start(
                rules, List.of(), name -> new LocalHost(name, List.of(far)), line -> {})) {
      ForwardStatus.Group now = group(forward);
      System.out.println(now.clientAddress() + " " + now.clientAddressWhy());
      int end = System.in.read();
      assertThat(end).isEqualTo(-1);
    }
    System.exit(0);
  }

  @Test
  void what_a_forwarder_that_was_killed_has_left_goes_with_the_next_start() throws Exception {
    TestingForward killed = TestingForward.start(host, ":8080", "localhost:8081");
    assertThat(ask("10.9.0.1", "k")).startsWith("service k 10.9.0.2 ");
    killed.process.destroyForcibly().waitFor();
    assertThat(TestingHostState.routing(host)).isNotEqualTo(before);
    try (TestingForward next =
        TestingForward.start(host, ":8080", "localhost:8081", "--client-address", "plain")) {
      assertThat(TestingHostState.routing(host)).isEqualTo(before);
      assertThat(next.process.isAlive()).isTrue();
    }
  }

  /** The kernel chooses those of rules, by what is there. */
  private static List<String> withoutPriorities() throws Exception {
    return TestingHostState.routing(host).stream()
        .map(line -> line.replaceFirst("^[0-9]+:", ""))
        .sorted()
        .toList();
  }

  @Test
  void what_somebody_takes_away_comes_back_and_is_told() throws Exception {
    host.call(
        () -> {
          List<String> log = new CopyOnWriteArrayList<>();
          ForwardRules rules =
              TestingRules.rules(
                  TestingRules.rule("test", "listen", ":8080", "to", "localhost:8081"));
          try (ForwardServer forward = ForwardServer.start(rules, log::add)) {
            List<String> ours = withoutPriorities();
            for (String[] taken :
                new String[][] {
                  {"ip", "-4", "rule", "del", "fwmark", "0x67", "lookup", "103"},
                  {"ip", "-6", "rule", "del", "fwmark", "0x68", "lookup", "103"},
                  {"ip", "-4", "route", "flush", "table", "103"},
                  {"sysctl", "-q", "net.ipv4.tcp_fwmark_accept=0"}
                }) {
              inside(taken);
            }
            assertThat(withoutPriorities()).isNotEqualTo(ours);
            TestingPatience.await("what was taken away", () -> withoutPriorities().equals(ours));
            assertThat(ask("10.9.0.1", "z")).startsWith("service z 10.9.0.2 ");
            TestingPatience.await("that it is told", () -> !log.isEmpty());
            assertThat(String.join("\n", log))
                .contains(
                    "IPv4 rule for mark 0x67",
                    "IPv6 rule for mark 0x68",
                    "IPv4 route",
                    "net.ipv4.tcp_fwmark_accept");
            assertThat(group(forward).clientAddress()).isEqualTo("transparent");
          }
          return null;
        });
  }
}
