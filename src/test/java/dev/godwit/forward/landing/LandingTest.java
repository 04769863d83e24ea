package dev.godwit.forward.landing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.GateException;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.SharedChange;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.Gate;
import dev.godwit.forward.relay.Preamble;
import dev.godwit.forward.relay.ProxyHeader;
import dev.godwit.forward.relay.TestingMemory;
import dev.godwit.forward.relay.TransparentRouting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From a client through old's gate and new's landing to a service, each on a host of its own. */
@Timeout(TestingPatience.TEST_SECONDS)
final class LandingTest {
  private static final int KEPT = 8080;
  private static final int LINE = 8081;
  private static final int BINARY = 8082;
  private static final int PLAIN = 8083;
  private static final List<PortGroup> GROUPS =
      List.of(
          new PortGroup("kept", List.of(KEPT), ClientAddress.TRANSPARENT),
          new PortGroup("line", List.of(LINE), ClientAddress.PROXY_V1),
          new PortGroup("binary", List.of(BINARY), ClientAddress.PROXY_V2),
          new PortGroup("plain", List.of(PLAIN), ClientAddress.PLAIN));

  private static TestingNamespace clients;
  private static TestingNamespace old;
  private static TestingNamespace fresh;
  private static TestingServer service;
  private static TestingServer plainService;

  @TempDir Path temporary;
  private Path directory;
  private Landing landing;
  private Gate gate;

  @BeforeAll
  static void hosts() throws Exception {
    clients = new TestingNamespace();
    old = new TestingNamespace();
    fresh = new TestingNamespace();
    old.connectTo(clients, 8);
    old.connectTo(fresh, 9);
    service = TestingServer.start(fresh, "new", "::", KEPT);
    plainService = TestingServer.start(fresh, "plain", "127.0.0.1", PLAIN);
  }

  @AfterAll
  static void noHosts() throws Exception {
    service.close();
    plainService.close();
    clients.close();
    old.close();
    fresh.close();
  }

  @BeforeEach
  void released() throws Exception {
    directory = temporary.resolve("new/move");
    landing = land();
    gate =
        old.call(
            () -> {
              Path own = Files.createDirectories(temporary.resolve("old/move"));
              return Gate.capture(own, GROUPS, 1, () -> {}, 0);
            });
    release();
  }

  private void release() throws Exception {
    old.call(
        () -> {
          gate.hold(1, Duration.ofSeconds(20));
          gate.release(1, destination(), 0);
          return null;
        });
  }

  private Landing land() throws Exception {
    return fresh.call(
        () ->
            Landing.start(
                directory,
                new LandingOptions(
                    InetAddress.getByName("::"),
                    0,
                    List.of(InetAddress.getByName("10.9.0.1"), InetAddress.getByName("fd09::1")),
                    GROUPS)));
  }

  private Destination destination() throws IOException {
    return new Destination(InetAddress.getByName("10.9.0.2"), landing.port(), landing.token());
  }

  @AfterEach
  void nothingStays() throws Exception {
    old.call(
        () -> {
          gate.close();
          return null;
        });
    inFresh(
        () -> {
          landing.close();
          assertThat(acceptsMarks()).isEqualTo("0");
          return null;
        });
    assertThat(TestingNamespace.command("ip", "-n", fresh.name, "rule")).doesNotContain("103");
    assertThat(TestingNamespace.command("ip", "-n", fresh.name, "-6", "rule"))
        .doesNotContain("103");
  }

  private static String acceptsMarks() throws IOException {
    return Files.readString(Path.of("/proc/sys/net/ipv4/tcp_fwmark_accept")).strip();
  }

  private static void inClients(Callable<Void> body) throws Exception {
    clients.call(body);
  }

  private static void inFresh(Callable<Void> body) throws Exception {
    fresh.call(body);
  }

  /** A packet filter is in the way: everybody who is released would hang. */
  @Test
  void where_clients_addresses_cannot_be_shown_nothing_is_started() throws Exception {
    try (TestingNamespace host = new TestingNamespace()) {
      TestingNamespace.command(
          host.inside(
                  "nft",
                  "add table ip a; add chain ip a in { type filter hook input priority 0; };"
                      + " add rule ip a in ip saddr 192.0.2.0/24 drop")
              .toArray(String[]::new));
      String rules = TestingNamespace.command("ip", "-n", host.name, "rule");
      Path own = Files.createDirectories(temporary.resolve("other/move"));
      InetAddress here = InetAddress.getByName("127.0.0.1");
      host.call(
          () -> {
            for (Callable<?> start :
                List.<Callable<?>>of(
                    () -> Landing.start(own, new LandingOptions(here, 0, List.of(here), GROUPS)),
                    () -> Gate.capture(own, GROUPS, 1, () -> {}, 0))) {
              assertThatThrownBy(start::call)
                  .isInstanceOf(GateException.class)
                  .hasMessageContaining("from 192.0.2.1 to 127.0.0.1 does not arrive")
                  .hasMessageContaining("use proxy-v2, proxy-v1 or plain");
              assertThat(acceptsMarks()).isEqualTo("0");
            }
            return null;
          });
      assertThat(TestingNamespace.command("ip", "-n", host.name, "rule")).isEqualTo(rules);
    }
  }

  @Test
  void the_service_sees_the_clients_own_address_and_port() throws Exception {
    inClients(
        () -> {
          for (int i = 0; i < 3; i++) {
            TestingClient four = new TestingClient("10.8.0.1", KEPT, "four" + i);
            assertThat(four.answer()).isEqualTo("new four" + i + " 10.8.0.2 " + four.port() + "\n");
            TestingClient six = new TestingClient("fd08::1", KEPT, "six" + i);
            assertThat(six.answer())
                .isEqualTo("new six" + i + " fd08:0:0:0:0:0:0:2 " + six.port() + "\n");
          }
          return null;
        });
    assertThat(landing.status().total()).isEqualTo(6);
    assertThat(landing.status().errors()).isEmpty();
  }

  @Test
  void a_client_on_old_itself_stays_local_on_new() throws Exception {
    old.call(
        () -> {
          assertThat(TestingClient.ask("127.0.0.1", KEPT, "l4")).startsWith("new l4 127.0.0.1 ");
          assertThat(TestingClient.ask("::1", KEPT, "l6")).startsWith("new l6 0:0:0:0:0:0:0:1 ");
          return null;
        });
  }

  @Test
  void a_service_that_wants_a_proxy_header_gets_it_first() throws Exception {
    fresh.call(
        () -> {
          try (ServerSocket line = new ServerSocket(LINE);
              ServerSocket binary = new ServerSocket(BINARY)) {
            inClients(
                () -> {
                  Socket client = new Socket("10.8.0.1", LINE);
                  client.getOutputStream().write("hello".getBytes());
                  byte[] header =
                      ("PROXY TCP4 10.8.0.2 10.8.0.1 " + client.getLocalPort() + " 8081\r\nhello")
                          .getBytes();
                  assertThat(line.accept().getInputStream().readNBytes(header.length))
                      .isEqualTo(header);
                  Socket second = new Socket("fd08::1", BINARY);
                  byte[] expected =
                      ProxyHeader.version2(
                          new InetSocketAddress(
                              InetAddress.getByName("fd08::2"), second.getLocalPort()),
                          new InetSocketAddress(InetAddress.getByName("fd08::1"), BINARY));
                  assertThat(binary.accept().getInputStream().readNBytes(expected.length))
                      .isEqualTo(expected);
                  client.close();
                  second.close();
                  return null;
                });
          }
          return null;
        });
  }

  @Test
  void a_plain_service_sees_new_itself() throws Exception {
    inClients(
        () -> {
          assertThat(TestingClient.ask("10.8.0.1", PLAIN, "p")).startsWith("plain p 127.0.0.1 ");
          return null;
        });
  }

  @Test
  void a_service_that_starts_late_is_waited_for() throws Exception {
    service.stop();
    inClients(
        () -> {
          TestingClient client = new TestingClient("10.8.0.1", KEPT, "early");
          Thread.sleep(200);
          service.listen();
          assertThat(client.answer()).startsWith("new early 10.8.0.2");
          return null;
        });
    assertThat(gate.status().groups().getFirst().errors())
        .containsKey("retried: Connection refused");
  }

  @Test
  void h49_without_the_secret_nothing_happens() throws Exception {
    byte[] wrong = landing.token();
    wrong[31] ^= 1;
    Destination forged = new Destination(InetAddress.getByName("10.9.0.2"), landing.port(), wrong);
    old.call(
        () -> {
          gate.probe(destination(), Duration.ofSeconds(2));
          assertThatThrownBy(() -> gate.probe(forged, Duration.ofSeconds(2)))
              .hasMessageContaining("refuses this host's address or token");
          try (Socket socket = new Socket("10.9.0.2", landing.port())) {
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
            socket.getOutputStream().write(new byte[100]);
            assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
          }
          return null;
        });
    assertThat(landing.status().forged()).isEqualTo(2);
    assertThat(landing.status().total()).isZero();
  }

  @Test
  void h49_another_host_is_refused_even_with_the_secret() throws Exception {
    fresh.call(
        () -> {
          try (Socket socket = new Socket("127.0.0.1", landing.port())) {
            InetSocketAddress any = new InetSocketAddress("10.0.0.1", 1);
            byte[] preamble =
                new Preamble(Preamble.Kind.PROBE, any, any, 0).encode(landing.token());
            assertThatThrownBy(
                    () -> {
                      socket.getOutputStream().write(preamble);
                      assertThat(socket.getInputStream().read()).isEqualTo(-1);
                    })
                .isInstanceOf(IOException.class);
          }
          return null;
        });
    assertThat(landing.status().strangers()).isEqualTo(1);
  }

  @Test
  void h51_while_readers_that_have_stopped_keep_much_nobody_more_is_let_in() throws Exception {
    var taken = TestingMemory.take(landing.relay());
    old.call(
        () -> {
          try (Socket refused = new Socket("10.9.0.2", landing.port())) {
            refused.setSoTimeout(TestingPatience.MILLIS);
            assertThatThrownBy(() -> refused.getInputStream().read()).hasMessageContaining("reset");
          }
          return null;
        });
    assertThat(landing.status().errors())
        .containsOnlyKeys("the limit of memory, 192 MiB for readers that have stopped");
    TestingMemory.giveBack(landing.relay(), taken);
    inClients(
        () -> {
          TestingClient next = new TestingClient("10.8.0.1", KEPT, "next");
          assertThat(next.answer()).startsWith("new next");
          return null;
        });
  }

  @Test
  @org.junit.jupiter.api.Tag("lab")
  void h49_half_a_preamble_ends_after_five_seconds_and_not_too_many_may_try() throws Exception {
    old.call(
        () -> {
          byte[] half = new byte[40];
          java.util.ArrayList<Socket> sockets = new java.util.ArrayList<>();
          for (int i = 0; i < Landing.UNKNOWN_MAX; i++) {
            Socket socket = new Socket("10.9.0.2", landing.port());
            socket.getOutputStream().write(half);
            sockets.add(socket);
          }
          try (Socket beyond = new Socket("10.9.0.2", landing.port())) {
            beyond.setSoTimeout(4000); // less than what those before it may take
            assertThatThrownBy(() -> beyond.getInputStream().read()).hasMessageContaining("reset");
          }
          Socket last = sockets.getLast();
          last.setSoTimeout(TestingPatience.MILLIS);
          assertThatThrownBy(() -> last.getInputStream().read()).hasMessageContaining("reset");
          gate.probe(destination(), Duration.ofSeconds(2));
          for (Socket socket : sockets) {
            socket.close();
          }
          return null;
        });
    assertThat(landing.status().forged()).isEqualTo(Landing.UNKNOWN_MAX);
  }

  @Test
  void h49_a_port_that_was_not_named_cannot_be_asked_for() throws Exception {
    old.call(
        () -> {
          try (Socket socket = new Socket("10.9.0.2", landing.port())) {
            socket.setSoTimeout(TestingPatience.MILLIS);
            byte[] preamble =
                new Preamble(
                        Preamble.Kind.RELAY,
                        new InetSocketAddress("10.0.0.1", 1),
                        new InetSocketAddress("10.0.0.2", 22),
                        1)
                    .encode(landing.token());
            socket.getOutputStream().write(preamble);
            assertThat(socket.getInputStream().readAllBytes())
                .isEqualTo(Preamble.answer(dev.godwit.linux.Errno.EACCES));
          }
          return null;
        });
  }

  @Test
  void a_landing_that_was_killed_is_found_again_at_its_port_with_its_token() throws Exception {
    int port = landing.port();
    byte[] token = landing.token();
    inFresh(
        () -> {
          landing.close();
          return null;
        });
    landing = land();
    assertThat(landing.port()).isEqualTo(port);
    assertThat(landing.token()).isEqualTo(token);
    inClients(
        () -> {
          assertThat(TestingClient.ask("10.8.0.1", KEPT, "after")).startsWith("new after 10.8.0.2");
          return null;
        });
  }

  @Test
  void what_a_killed_user_left_is_taken_down_by_the_next() throws Exception {
    Path shared = temporary.resolve("stale");
    old.call(
        () -> {
          Path value = Path.of("/proc/sys/net/ipv4/tcp_fwmark_accept");
          gate.close();
          assertThat(Files.readString(value).strip()).isEqualTo("0");
          SharedChange killed = TransparentRouting.acquire(shared, "killed");
          assertThat(Files.readString(value).strip()).isEqualTo("1");
          TransparentRouting.cleanUp(shared); // it lives
          assertThat(Files.readString(value).strip()).isEqualTo("1");
          Files.writeString(shared.resolve("users/killed"), "1 12345");
          TransparentRouting.cleanUp(shared);
          assertThat(Files.readString(value).strip()).isEqualTo("0");
          assertThat(TestingNamespace.command("ip", "-n", old.name, "rule")).doesNotContain("103");
          assertThat(shared).doesNotExist();
          killed.close();
          return null;
        });
  }
}
