package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who sends datagrams and who connects have places in common. */
@Timeout(TestingPatience.TEST_SECONDS)
final class DatagramPlacesTest {
  private static final int MAX = 60;

  @Test
  void h51_any_number_of_senders_leaves_half_of_the_places_to_connections() throws Exception {
    InetAddress here = InetAddress.getLoopbackAddress();
    List<DatagramSocket> senders = new ArrayList<>();
    try (ServerSocket service = new ServerSocket(0, 50, here);
        DatagramSocket silent = new DatagramSocket(0, here)) {
      TestingEcho.serve(service);
      String udp = "127.0.0.1:" + silent.getLocalPort();
      ForwardRules rules =
          new ForwardRules(
              List.of(
                  TestingRules.rule("dns", "listen", "udp:127.0.0.1:0", "to", udp),
                  TestingRules.rule("time", "listen", "udp:127.0.0.1:0", "to", udp),
                  TestingRules.rule(
                      "web", "listen", "127.0.0.1:0", "to", "127.0.0.1:" + service.getLocalPort())),
              MAX,
              ForwardDefaults.DRAIN_LIMIT,
              null,
              null);
      try (ForwardServer forward = ForwardServer.start(rules, line -> {})) {
        List<InetSocketAddress> at = forward.addresses();
        for (int i = 0; i < 4 * MAX; i++) {
          DatagramSocket sender = new DatagramSocket(0, here);
          senders.add(sender);
          sender.send(new DatagramPacket(new byte[] {1}, 1, at.get(i % 2)));
        }
        TestingPatience.await("all have been seen", () -> came(forward) >= 4 * MAX);
        assertThat(forward.status().connections()).isEqualTo(MAX / 2);
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < MAX / 2; i++) {
          Socket client = new Socket(at.get(2).getAddress(), at.get(2).getPort());
          client.setSoTimeout(TestingPatience.MILLIS);
          client.getOutputStream().write(i);
          assertThat(client.getInputStream().read()).isEqualTo(i);
          clients.add(client);
        }
        for (Socket client : clients) {
          client.close();
        }
      }
    } finally {
      senders.forEach(DatagramSocket::close);
    }
  }

  /** Those who were let in, and those who were not, of both groups of datagrams. */
  private static long came(ForwardServer forward) throws InterruptedException {
    return forward.status().groups().subList(0, 2).stream()
        .mapToLong(group -> group.total() + group.refused())
        .sum();
  }
}
