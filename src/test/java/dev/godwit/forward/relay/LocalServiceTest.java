package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which address of new stands for the one that a client asked old for. */
final class LocalServiceTest {
  private static final String CLIENT = "192.0.2.1";
  private static final String CLIENT_6 = "2001:db8::1";

  /** Listeners as ss(8) shows them; {@code *} is dual-stack, {@code [::]} is not. */
  private static String choose(String client, String asked, String... listening) throws Exception {
    List<TcpSocket> listeners =
        Stream.of(listening)
            .map(
                l ->
                    new TcpSocket(
                        SocketDiagnostics.LISTEN,
                        new InetSocketAddress(
                            InetAddress.ofLiteral(
                                l.equals("*") ? "::" : l.replaceAll("[\\[\\]]", "")),
                            80),
                        new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0),
                        0,
                        0,
                        1,
                        0,
                        0,
                        l.equals("[::]"),
                        SocketDiagnostics.Talk.NONE))
            .toList();
    InetAddress chosen =
        LocalService.choose(InetAddress.ofLiteral(client), InetAddress.ofLiteral(asked), listeners);
    return chosen == null ? "none" : chosen.getHostAddress();
  }

  @Test
  void a_wildcard_is_reached_at_loopback_of_the_clients_family() throws Exception {
    assertThat(choose(CLIENT, "198.51.100.1", "0.0.0.0")).isEqualTo("127.0.0.1");
    assertThat(choose(CLIENT, "198.51.100.1", "*")).isEqualTo("127.0.0.1");
    assertThat(choose(CLIENT_6, "2001:db8::2", "*")).isEqualTo("0:0:0:0:0:0:0:1");
    assertThat(choose(CLIENT_6, "2001:db8::2", "0.0.0.0", "[::]")).isEqualTo("0:0:0:0:0:0:0:1");
  }

  @Test
  void an_address_of_its_own_comes_before_loopback_for_those_outside() throws Exception {
    assertThat(choose(CLIENT, "198.51.100.1", "127.0.0.1", "10.0.0.5")).isEqualTo("10.0.0.5");
    assertThat(choose("127.0.0.1", "127.0.0.1", "127.0.0.1", "10.0.0.5")).isEqualTo("127.0.0.1");
    assertThat(choose(CLIENT, "198.51.100.1", "127.0.0.1")).isEqualTo("127.0.0.1");
  }

  @Test
  void the_address_that_was_asked_for_comes_first_when_new_has_it() throws Exception {
    assertThat(choose(CLIENT, "198.51.100.1", "10.0.0.5", "198.51.100.1"))
        .isEqualTo("198.51.100.1");
  }

  @Test
  void the_other_family_is_the_last_resort() throws Exception {
    assertThat(choose(CLIENT, "198.51.100.1", "[::]")).isEqualTo("0:0:0:0:0:0:0:1");
    assertThat(choose(CLIENT_6, "2001:db8::2", "0.0.0.0")).isEqualTo("127.0.0.1");
    assertThat(choose(CLIENT, "198.51.100.1")).isEqualTo("none");
  }
}
