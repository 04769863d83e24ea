package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client says in a hold of {@code godwit forward}, as the kernel has it. */
@Timeout(TestingPatience.TEST_SECONDS)
final class HeldUnreadTest {
  @Test
  void h52_nothing_is_read_from_who_waits() throws Exception {
    try (ServerSocket service = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        ForwardServer forward =
            ForwardServer.start(
                rules(rule("test", "listen", "0", "to", "127.0.0.1:" + service.getLocalPort())),
                line -> {})) {
      forward.hold("test", Duration.ofSeconds(60));
      InetSocketAddress address = forward.addresses().getFirst();
      try (Socket client = new Socket(address.getAddress(), address.getPort())) {
        client.getOutputStream().write(new byte[5]);
        await(() -> unread(address.getPort(), client.getLocalPort()) == 5);
        // Asks the loops, so each has had what came before.
        await(() -> forward.status().groups().getFirst().waiting() == 1);
        assertThat(unread(address.getPort(), client.getLocalPort())).isEqualTo(5);
        forward.release("test", null, 0, false);
        try (Socket served = service.accept()) {
          assertThat(served.getInputStream().readNBytes(5)).hasSize(5);
        }
      }
    }
  }

  private static long unread(int port, int client) throws Exception {
    List<TcpSocket> all = SocketDiagnostics.sockets(port, SocketDiagnostics.ESTABLISHED);
    return all.stream()
        .filter(s -> s.local().getPort() == port && s.peer().getPort() == client)
        .mapToLong(TcpSocket::received)
        .sum();
  }
}
