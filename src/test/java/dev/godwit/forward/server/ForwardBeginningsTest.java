package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.relay.ProxyHeader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a connection has to begin with before {@code godwit forward} knows where it leads: a PROXY
 * header, or a TLS greeting with a server name.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardBeginningsTest extends TestingForwarder {
  @ParameterizedTest
  @CsvSource({"sni, a.example=127.0.0.1:1", "accept-proxy, 127.0.0.0/8"})
  void who_has_said_nothing_is_waited_for_by_a_drain_and_reset_by_a_close(String key, String value)
      throws Exception {
    ForwardServer forward = forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1", key, value);
    Socket silent = client(forward);
    await(() -> group(forward).callers().size() == 1);
    forward.drain("test", Duration.ofSeconds(20));
    assertThatThrownBy(() -> client(forward).getInputStream().read()).hasMessageContaining("reset");
    assertThat(group(forward).mode()).isEqualTo(GroupMode.DRAIN);
    forward.close("test");
    assertThatThrownBy(() -> silent.getInputStream().read()).hasMessageContaining("reset");
    assertThat(group(forward).errors()).containsEntry("the group was closed", 1L);
    assertThat(group(forward).callers().getFirst().open()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"sni, a.example=127.0.0.1:1", "accept-proxy, 127.0.0.0/8"})
  void who_has_said_nothing_is_reset_when_the_process_ends(String key, String value)
      throws Exception {
    ForwardServer forward = forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1", key, value);
    Socket silent = client(forward);
    await(() -> group(forward).callers().size() == 1);
    forward.close();
    assertThatThrownBy(() -> silent.getInputStream().read()).hasMessageContaining("reset");
  }

  @Test
  void h49_a_header_that_comes_byte_by_byte_is_read_and_not_one_byte_more() throws Exception {
    ServerSocket service = service();
    String to = "127.0.0.1:" + service.getLocalPort();
    ForwardServer trusting =
        forward("listen", "0", "to", to, "accept-proxy", "127.0.0.1", "client-address", "proxy-v1");
    InetSocketAddress client = new InetSocketAddress("192.0.2.9", 4000);
    InetSocketAddress destination = new InetSocketAddress("192.0.2.1", 25);
    for (byte[] header :
        new byte[][] {
          ProxyHeader.version1(client, destination), ProxyHeader.version2(client, destination)
        }) {
      Socket one = client(trusting.addresses().get(0));
      for (byte b : header) {
        one.getOutputStream().write(b); // in as many pieces as there can be
        one.getOutputStream().flush();
      }
      one.getOutputStream().write("data".getBytes());
      one.shutdownOutput();
      assertThat(all(accepted(service)))
          .isEqualTo("PROXY TCP4 192.0.2.9 192.0.2.1 4000 25\r\ndata");
    }
  }

  /** How a stream begins. */
  private enum Beginning {
    PRESENT,
    ABSENT,
    MALFORMED,
    /** Behind what shows that it is a header. */
    CUT,
    /** Before that. */
    CUT_EARLY
  }

  private static byte[] beginning(Beginning what, int version) {
    InetSocketAddress client = new InetSocketAddress("192.0.2.9", 4000);
    InetSocketAddress destination = new InetSocketAddress("192.0.2.1", 25);
    byte[] whole =
        version == 1
            ? ProxyHeader.version1(client, destination)
            : ProxyHeader.version2(client, destination);
    return switch (what) {
      case PRESENT -> whole;
      case ABSENT -> new byte[0];
      case MALFORMED -> {
        whole[version == 1 ? 8 : 12] = 'x'; // the family; the version
        yield whole;
      }
      case CUT -> Arrays.copyOf(whole, 14);
      case CUT_EARLY -> Arrays.copyOf(whole, 5);
    };
  }

  /** In one piece: what comes behind a header that is refused meets a reset. */
  private static void say(Socket socket, byte[] begins, String data) throws IOException {
    byte[] all = Arrays.copyOf(begins, begins.length + data.length());
    System.arraycopy(
        data.getBytes(StandardCharsets.US_ASCII), 0, all, begins.length, data.length());
    socket.getOutputStream().write(all);
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      return; // it is reset already
    }
  }

  /** Whether the beginning counts as a header, which nobody may send who is not trusted. */
  private static boolean isHeader(Beginning what) {
    return what != Beginning.ABSENT && what != Beginning.CUT_EARLY;
  }

  /** Trusted or not, with which header and how it comes: all of them. */
  @ParameterizedTest
  @EnumSource
  void h49_a_header_is_believed_from_trusted_peers_only_and_mandatory_there(Beginning what)
      throws Exception {
    ServerSocket service = service();
    String to = "127.0.0.1:" + service.getLocalPort();
    ForwardServer forward =
        forward("listen", "0", "to", to, "accept-proxy", "127.0.0.1", "client-address", "proxy-v1");
    boolean isCut = what == Beginning.CUT || what == Beginning.CUT_EARLY;
    for (int version = 1; version <= 2; version++) {
      byte[] begins = beginning(what, version);
      String data = isCut ? "" : "data";
      Socket trusted = client(forward.addresses().get(0));
      say(trusted, begins, data);
      if (what == Beginning.PRESENT) {
        assertThat(all(accepted(service)))
            .isEqualTo("PROXY TCP4 192.0.2.9 192.0.2.1 4000 25\r\ndata");
      } else {
        assertThatThrownBy(() -> all(trusted)).hasMessageContaining("reset");
      }
      Socket stranger = client(forward.addresses().get(1));
      say(stranger, begins, data);
      Socket reached = accepted(service);
      if (isHeader(what)) {
        assertThatThrownBy(() -> all(stranger)).hasMessageContaining("reset");
        assertThatThrownBy(() -> all(reached)).hasMessageContaining("reset");
      } else {
        assertThat(all(reached))
            .startsWith("PROXY TCP6 ::1 ::1 ")
            .endsWith("\r\n" + new String(begins, StandardCharsets.ISO_8859_1) + data);
      }
    }
    Map<String, Long> errors = group(forward).errors();
    String forged = "client: a PROXY header from a peer that is not trusted";
    assertThat(errors.getOrDefault(forged, 0L)).isEqualTo(isHeader(what) ? 2 : 0);
    assertThat(
            errors.entrySet().stream()
                .filter(e -> e.getKey().startsWith("trusted peer: "))
                .mapToLong(Map.Entry::getValue)
                .sum())
        .isEqualTo(what == Beginning.PRESENT ? 0 : 2);
  }

  /** What a proxy before us says of its client beyond the addresses is the service's too. */
  @Test
  void tlvs_of_a_trusted_peer_are_passed_on_by_proxy_v2() throws Exception {
    ServerSocket service = service();
    ForwardServer forward =
        forward(
            "listen",
            "127.0.0.1:0",
            "to",
            "127.0.0.1:" + service.getLocalPort(),
            "accept-proxy",
            "127.0.0.1",
            "client-address",
            "proxy-v2");
    byte[] name = "www.example.org".getBytes(StandardCharsets.US_ASCII);
    byte[] tlvs =
        ByteBuffer.allocate(3 + name.length + 6)
            .put((byte) 2) // PP2_TYPE_AUTHORITY
            .putShort((short) name.length)
            .put(name)
            .put(new byte[] {(byte) 0xea, 0, 3, 1, 2, 3})
            .array();
    for (String[] ends : new String[][] {{"192.0.2.7", "192.0.2.1"}, {"2001:db8::7", "::1"}}) {
      byte[] header =
          ProxyHeader.version2(
              new InetSocketAddress(ends[0], 4711), new InetSocketAddress(ends[1], 25), tlvs);
      Socket client = client(forward);
      client.getOutputStream().write(header);
      client.getOutputStream().write('x');
      Socket server = accepted(service);
      assertThat(server.getInputStream().readNBytes(header.length)).isEqualTo(header);
      assertThat(server.getInputStream().read()).isEqualTo('x');
    }
  }

  @Test
  void h49_without_trusted_peers_a_stream_may_begin_as_it_likes() throws Exception {
    ServerSocket service = service();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort());
    Socket one = client(forward);
    one.getOutputStream().write("PROXY TCP4 is only text here".getBytes());
    one.shutdownOutput();
    assertThat(all(accepted(service))).isEqualTo("PROXY TCP4 is only text here");
  }

  @Test
  void tls_clients_go_where_the_name_says_and_their_bytes_arrive_whole() throws Exception {
    ServerSocket one = service();
    ServerSocket two = service();
    ServerSocket other = service();
    ForwardServer forward =
        forward(
            "listen",
            "0",
            "to",
            "127.0.0.1:" + other.getLocalPort(),
            "sni",
            "one.example.org=127.0.0.1:" + one.getLocalPort(),
            "sni",
            "*.example.net=127.0.0.1:" + two.getLocalPort());
    record Case(String name, ServerSocket expected) {}
    for (Case c :
        List.of(
            new Case("one.example.org", one),
            new Case("ONE.example.org", one),
            new Case("a.example.net", two),
            new Case("a.b.example.net", other),
            new Case("unknown.example.org", other))) {
      byte[] hello = hello(c.name);
      Socket client = client(forward);
      client.getOutputStream().write(hello, 0, 100);
      client.getOutputStream().flush();
      Thread.sleep(20);
      client.getOutputStream().write(hello, 100, hello.length - 100);
      InputStream in = accepted(c.expected).getInputStream();
      assertThat(in.readNBytes(hello.length)).as(c.name).isEqualTo(hello);
    }
    Socket plain = client(forward);
    plain.getOutputStream().write("GET /".getBytes());
    assertThat(accepted(other).getInputStream().readNBytes(5)).asString().isEqualTo("GET /");
  }

  private static byte[] hello(String host) throws Exception {
    var engine = SSLContext.getDefault().createSSLEngine(host, 443);
    engine.setUseClientMode(true);
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    return java.util.Arrays.copyOf(out.array(), out.position());
  }

  /** Who has sent its end sends no more of what is missing. */
  @ParameterizedTest
  @CsvSource({"sni, a.example=127.0.0.1:1", "accept-proxy, 127.0.0.0/8"})
  void what_ends_within_its_beginning_is_reset_at_once(String key, String value) throws Exception {
    ForwardServer forward = forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1", key, value);
    byte[] begins = key.equals("sni") ? new byte[] {22, 3, 1} : new byte[] {13, 10, 13, 10};
    Socket client = client(forward);
    client.getOutputStream().write(begins);
    await(() -> group(forward).callers().size() == 1);
    client.shutdownOutput();
    client.setSoTimeout(3_000); // who may go on has 5 s
    assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
    Socket atOnce = client(forward);
    atOnce.getOutputStream().write(begins);
    atOnce.shutdownOutput();
    atOnce.setSoTimeout(3_000);
    assertThatThrownBy(() -> atOnce.getInputStream().read()).hasMessageContaining("reset");
  }
}
