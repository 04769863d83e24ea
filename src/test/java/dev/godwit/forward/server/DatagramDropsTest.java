package dev.godwit.forward.server;

import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.linux.Identity;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Datagrams that this host's own queue does not take. */
@Timeout(TestingPatience.TEST_SECONDS)
final class DatagramDropsTest {
  private static final int BYTES = 60_000;

  @Test
  void a_datagram_for_which_the_sockets_queue_has_no_room_is_counted() throws Exception {
    assumeThat(Identity.isRoot()).as("a namespace needs root").isTrue();
    try (TestingNamespace host = new TestingNamespace();
        TestingNamespace silent = new TestingNamespace()) {
      host.connectTo(silent);
      host.call(
          () -> {
            // They wait for the address of a neighbour who is not there, in the socket's queue.
            Files.writeString(
                Path.of("/proc/sys/net/ipv4/neigh/gw9a/unres_qlen_bytes"), "99999999");
            try (ForwardServer forward =
                    ForwardServer.start(
                        rules(rule("dns", "listen", "udp:127.0.0.1:0", "to", "10.9.0.77:53")),
                        line -> {});
                DatagramSocket client = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
              DatagramPacket large =
                  new DatagramPacket(new byte[BYTES], BYTES, forward.addresses().getFirst());
              TestingPatience.await(
                  "one that is lost",
                  () -> {
                    client.send(large);
                    return forward
                        .status()
                        .groups()
                        .getFirst()
                        .errors()
                        .containsKey("service: Resource temporarily unavailable");
                  });
            }
            return null;
          });
    }
  }
}
