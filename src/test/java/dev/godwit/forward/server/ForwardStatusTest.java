package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static dev.godwit.forward.server.TestingRules.rule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.Listen;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code godwit forward} tells of those who came, and by what it is asked. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardStatusTest extends TestingForwarder {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @Test
  void clients_of_datagrams_are_counted_at_their_destination() throws Exception {
    DatagramSocket service = answering();
    ForwardServer forward =
        forward(
            "listen", "udp::0", "to", "127.0.0.1:" + service.getLocalPort(), "idle-limit", "1s");
    int port = forward.addresses().getFirst().getPort();
    for (String word : List.of("one", "two")) {
      DatagramSocket client = closing(new DatagramSocket());
      assertThat(asked(client, "127.0.0.1", port, word)).isEqualTo("re " + word);
      assertThat(asked(client, "127.0.0.1", port, "again")).isEqualTo("re again");
    }
    ForwardStatus.Place there = group(forward).to().getFirst();
    assertThat(there.total()).isEqualTo(2);
    assertThat(there.open()).isBetween(1, 2);
    await(() -> group(forward).udpSessions() == 0);
    await(() -> group(forward).to().getFirst().open() == 0);
    assertThat(group(forward).to().getFirst().total()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "udp::0, 'datagrams are passed on by sockets of this host'",
    "udp:0, its clients are on this host",
    "'udp::0,0',"
        + " 'datagrams are passed on by sockets of this host, and its other clients are on this host'"
  })
  void why_the_destination_of_datagrams_sees_this_host(String listens, String why)
      throws Exception {
    List<String> rule = new ArrayList<>(List.of("to", "127.0.0.1:1"));
    for (String listen : listens.split(",")) {
      rule.addAll(List.of("listen", listen));
    }
    ForwardServer forward = forward(rule.toArray(String[]::new));
    assertThat(group(forward).clientAddress()).isEqualTo("plain");
    assertThat(group(forward).clientAddressWhy()).isEqualTo(why);
  }

  @Test
  void what_passes_is_counted_and_who_came_is_known() throws Exception {
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + saying("hello"));
    for (int i = 0; i < 3; i++) {
      try (Socket one = client(forward)) {
        assertThat(all(one)).isEqualTo("hello");
      }
    }
    await(() -> group(forward).open() == 0);
    ForwardStatus.Group g = group(forward);
    assertThat(g.total()).isEqualTo(3);
    assertThat(g.bytes()).isEqualTo(15);
    assertThat(g.callers()).singleElement().satisfies(c -> assertThat(c.total()).isEqualTo(3));
    assertThat(forward.status().metrics())
        .contains("godwit_forward_connections_total{group=\"test\"} 3\n")
        .contains("godwit_forward_bytes_total{group=\"test\"} 15\n");
  }

  /** As many as are known. */
  @Test
  void all_who_came_are_in_the_json() throws Exception {
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + saying("hello"));
    InetSocketAddress to = forward.addresses().getFirst();
    int many = 120;
    for (int i = 1; i <= many; i++) {
      try (Socket one = new Socket(to.getAddress(), to.getPort(), address("127.0.1." + i), 0)) {
        assertThat(all(one)).isEqualTo("hello");
      }
    }
    Map<?, ?> told = first(forward.status().json().get("groups"));
    assertThat((List<?>) told.get("callers")).hasSize(many);
  }

  private static InetAddress address(String text) throws IOException {
    return InetAddress.getByName(text);
  }

  @Test
  void the_status_says_how_old_the_oldest_is_and_when_somebody_was_seen() throws Exception {
    ServerSocket service = service();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort());
    long before = System.currentTimeMillis();
    Socket oldest = client(forward);
    accepted(service);
    await(() -> group(forward).open() == 1);
    long seen = group(forward).callers().getFirst().lastMillis();
    assertThat(seen).isBetween(before, System.currentTimeMillis());
    await(() -> group(forward).oldestSeconds() >= 1);
    long later = System.currentTimeMillis();
    client(forward);
    accepted(service);
    await(() -> group(forward).open() == 2);
    assertThat(group(forward).oldestSeconds()).as("of two").isPositive();
    assertThat(group(forward).callers().getFirst().lastMillis()).isGreaterThanOrEqualTo(later);
    Map<?, ?> told = first(forward.status().json().get("groups"));
    assertThat((Long) told.get("oldest_seconds")).isPositive();
    Map<?, ?> caller = first(told.get("callers"));
    assertThat(Instant.parse((String) caller.get("last_seen")))
        .isBetween(Instant.ofEpochMilli(later), Instant.now());
    oldest.setSoLinger(true, 0);
    oldest.close();
    await(() -> group(forward).open() == 1);
    assertThat(group(forward).oldestSeconds())
        .as("of the one that came last")
        .isLessThanOrEqualTo(age(later));
  }

  private static Map<?, ?> first(@Nullable Object list) {
    return (Map<?, ?>) ((List<?>) Objects.requireNonNull(list)).getFirst();
  }

  private static long age(long sinceMillis) {
    return (System.currentTimeMillis() - sinceMillis) / 1000;
  }

  @Test
  void metrics_are_served_over_http() throws Exception {
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + saying("hello"));
    assertThat(all(client(forward))).isEqualTo("hello");
    int port = TestingPorts.free();
    Listen.Port at = ForwardRules.page(new InetSocketAddress(LOOPBACK, port));
    ForwardControl unused =
        closing(
            ForwardControl.start(
                forward,
                directory.resolve("control"),
                ListenSocket.open(at).getFirst(),
                order -> {}));
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest.Builder asks =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
              .version(HttpClient.Version.HTTP_1_1);
      HttpResponse<String> page = http.send(asks.build(), HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Content-Type"))
          .hasValue("text/plain; version=0.0.4; charset=utf-8");
      assertThat(page.body())
          .contains("# TYPE godwit_forward_connections_total counter\n")
          .contains("godwit_forward_connections_total{group=\"test\"} 1\n");
      HttpRequest wrong = asks.POST(HttpRequest.BodyPublishers.ofString("x")).build();
      assertThat(http.send(wrong, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(405);
    }
  }

  @Test
  void who_asks_half_a_question_keeps_nobody_out() throws Exception {
    ForwardServer forward = forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1");
    Listen.Port at = ForwardRules.page(new InetSocketAddress(LOOPBACK, TestingPorts.free()));
    Path control = directory.resolve("control");
    ForwardControl unused =
        closing(
            ForwardControl.start(forward, control, ListenSocket.open(at).getFirst(), order -> {}));
    for (int i = 0; i < 40; i++) {
      client(new InetSocketAddress(LOOPBACK, at.port())).getOutputStream().write('G');
      SocketChannel half = closing(SocketChannel.open(UnixDomainSocketAddress.of(control)));
      half.write(ByteBuffer.wrap(new byte[] {'s'}));
    }
    assertThat(ForwardControl.SOCKETS.ask(control, "status")).contains("test");
    for (String[] asked :
        new String[][] {
          {"GET /metrics", "200", "godwit_forward"},
          {"HEAD /metrics", "200", "Content-Length: "},
          {"GET /?a=b", "200", "godwit_forward"},
          {"GET /nosuch", "404", "Content-Length: 0"},
          {"POST /metrics", "405", "Allow: GET, HEAD"}
        }) {
      Socket client = client(new InetSocketAddress(LOOPBACK, at.port()));
      client
          .getOutputStream()
          .write((asked[0] + " HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      String answer = all(client);
      assertThat(answer).startsWith("HTTP/1.1 " + asked[1] + " ").contains(asked[2]);
      if (asked[0].startsWith("HEAD")) {
        assertThat(answer).endsWith("\r\n\r\n");
      }
    }
  }
}
