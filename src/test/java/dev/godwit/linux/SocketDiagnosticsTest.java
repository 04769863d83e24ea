package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SocketDiagnosticsTest {
  private static ServerSocket listener(String address) throws Exception {
    return new ServerSocket(0, 7, InetAddress.getByName(address));
  }

  private static List<SocketAddress> addresses(List<TcpSocket> sockets) {
    return sockets.stream().<SocketAddress>map(TcpSocket::local).toList();
  }

  @Test
  void one_question_has_both_families_and_several_ports_and_no_other() throws Exception {
    try (ServerSocket four = listener("127.0.0.1");
        ServerSocket six = listener("::1");
        ServerSocket other = listener("127.0.0.1")) {
      List<Integer> asked = List.of(four.getLocalPort(), six.getLocalPort());
      List<TcpSocket> found = SocketDiagnostics.sockets(asked, SocketDiagnostics.LISTEN);
      assertThat(addresses(found))
          .containsExactlyInAnyOrder(four.getLocalSocketAddress(), six.getLocalSocketAddress());
      assertThat(found)
          .allMatch(
              s -> s.state() == SocketDiagnostics.LISTEN && s.inode() != 0 && s.unsent() == 7);
      assertThat(addresses(SocketDiagnostics.listeners())).contains(other.getLocalSocketAddress());
      for (ServerSocket one : List.of(four, six)) {
        assertThat(
                addresses(SocketDiagnostics.sockets(one.getLocalPort(), SocketDiagnostics.LISTEN)))
            .containsExactly(one.getLocalSocketAddress());
      }
      assertThat(SocketDiagnostics.sockets(List.of(), SocketDiagnostics.LISTEN)).isEmpty();
    }
  }

  @Test
  void a_connection_has_both_ends_and_what_waits_to_be_read() throws Exception {
    try (ServerSocket six = listener("::1");
        Socket client = new Socket(six.getInetAddress(), six.getLocalPort());
        Socket served = six.accept()) {
      client.getOutputStream().write(new byte[5]);
      List<TcpSocket> open =
          SocketDiagnostics.sockets(six.getLocalPort(), SocketDiagnostics.ESTABLISHED);
      assertThat(open).hasSize(1);
      assertThat(open.getFirst().local()).isEqualTo(served.getLocalSocketAddress());
      assertThat(open.getFirst().peer())
          .isEqualTo(new InetSocketAddress(client.getLocalAddress(), client.getLocalPort()));
      assertThat(open.getFirst().received()).isEqualTo(5);
      assertThat(open.getFirst().talk().isSilent()).isTrue();
      assertThat(open.getFirst().talk().isPeerSilent()).isFalse();
    }
  }
}
