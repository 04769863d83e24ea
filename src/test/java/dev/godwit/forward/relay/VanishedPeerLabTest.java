package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients whose network is gone: no FIN, no reset, no answer. */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class VanishedPeerLabTest {
  private static final int PORT = 8080;

  private TestingNamespace host;
  private TestingNamespace clients;
  private ServerSocket service;
  private Forward forward;

  @BeforeEach
  void start() throws Exception {
    host = new TestingNamespace();
    clients = new TestingNamespace();
    host.connectTo(clients);
    ServerSocket listening =
        host.call(() -> new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
    service = listening;
    forward =
        host.call(
            () ->
                Forward.start(
                    new InetSocketAddress("10.9.0.1", PORT),
                    new InetSocketAddress("127.0.0.1", listening.getLocalPort())));
  }

  @AfterEach
  void end() throws Exception {
    forward.close();
    service.close();
    host.close();
    clients.close();
  }

  private Socket client() throws Exception {
    return clients.call(() -> new Socket("10.9.0.1", PORT));
  }

  private Socket accepted() throws Exception {
    Socket socket = service.accept();
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  /** The relay's descriptor whose other end is this socket. */
  private static int peerOf(Socket socket) throws Exception {
    InetSocketAddress wanted =
        new InetSocketAddress(socket.getLocalAddress(), socket.getLocalPort());
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : all) {
        int fd = Integer.parseInt(one.getFileName().toString());
        if (isPeer(fd, wanted)) {
          return fd;
        }
      }
    }
    throw new AssertionError("nobody here is connected to " + wanted);
  }

  private static boolean isPeer(int fd, InetSocketAddress wanted) {
    try {
      return Sockets.peerAddress(fd).equals(wanted);
    } catch (LinuxException | RuntimeException e) {
      return false; // not a connected TCP socket
    }
  }

  private static void assertTuned(int fd) throws LinuxException {
    assertThat(Sockets.get(fd, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE)).isOne();
    assertThat(Sockets.get(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPIDLE)).isEqualTo(60);
    assertThat(Sockets.get(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPINTVL)).isEqualTo(10);
    assertThat(Sockets.get(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPCNT)).isEqualTo(6);
    assertThat(Sockets.get(fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT))
        .as("it would take the place of the number of probes")
        .isZero();
  }

  private void settle() throws Exception {
    boolean done =
        forward
            .relay()
            .loop()
            .ask(
                () -> {
                  forward.relay().connections().forEach(RelayedConnection::settle);
                  return true;
                });
    assertThat(done).isTrue();
  }

  /** Keepalive with other numbers, and nothing else: it is to be what ends an idle one. */
  private static void shorten(int fd) throws LinuxException {
    Sockets.set(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPIDLE, 1);
    Sockets.set(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPINTVL, 1);
    Sockets.set(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPCNT, 2);
  }

  @Test
  void h53_a_peer_that_vanishes_is_noticed_and_the_service_sees_a_reset() throws Exception {
    try (Socket idle = client();
        Socket idleServed = accepted();
        Socket reading = client();
        Socket readingServed = accepted()) {
      settle();
      for (Socket end : List.of(idle, idleServed, reading, readingServed)) {
        assertTuned(peerOf(end));
      }
      shorten(peerOf(idle));
      host.call(() -> Files.writeString(Path.of("/proc/sys/net/ipv4/tcp_retries2"), "3"));
      TestingNamespace.command(
          clients
              .inside(
                  "nft",
                  "add table inet gone; add chain inet gone in"
                      + " { type filter hook input priority 0; policy drop; }")
              .toArray(String[]::new));
      readingServed.getOutputStream().write(new byte[1000]);
      for (Socket served : List.of(idleServed, readingServed)) {
        assertThatThrownBy(() -> served.getInputStream().read()).hasMessageContaining("reset");
      }
      TestingPatience.await("no connection", () -> forward.open() == 0);
      assertThat(forward.errors()).containsEntry("client: Connection timed out", 2L);
    }
  }
}
