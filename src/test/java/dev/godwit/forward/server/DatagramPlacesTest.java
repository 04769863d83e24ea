package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.Callers;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who sends datagrams and who connects have places in common. */
@Timeout(TestingPatience.TEST_SECONDS)
final class DatagramPlacesTest {
  private static final int MAX = 60;
  private static final String LIMIT_OF_FOUR = "refused: the limit of the group, 4";
  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  private final List<DatagramSocket> senders = new ArrayList<>();

  @AfterEach
  void close() {
    senders.forEach(DatagramSocket::close);
  }

  @Test
  void h51_any_number_of_senders_leaves_half_of_the_places_to_connections() throws Exception {
    try (ServerSocket service = new ServerSocket(0, 50, HERE);
        DatagramSocket silent = new DatagramSocket(0, HERE)) {
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
          DatagramSocket sender = new DatagramSocket(0, HERE);
          senders.add(sender);
          sender.send(new DatagramPacket(new byte[] {1}, 1, at.get(i % 2)));
        }
        TestingPatience.await("all have been seen", () -> came(forward) == 4 * MAX);
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
    }
  }

  /** Those who were let in, and those who were not, of both groups of datagrams. */
  private static long came(ForwardServer forward) throws InterruptedException {
    return forward.status().groups().subList(0, 2).stream()
        .mapToLong(ForwardStatus.Group::total)
        .sum();
  }

  private static ForwardStatus.Group group(ForwardServer forward) throws InterruptedException {
    return forward.status().groups().getFirst();
  }

  private static ForwardServer forward(String... keysAndValues) throws IOException {
    return ForwardServer.start(
        TestingRules.rules(TestingRules.rule("dns", keysAndValues)), line -> {});
  }

  /** As many senders, of one datagram each. */
  private void send(InetSocketAddress to, int count, String from) throws IOException {
    for (int i = 0; i < count; i++) {
      DatagramSocket sender = new DatagramSocket(0, InetAddress.getByName(from));
      senders.add(sender);
      sender.send(new DatagramPacket(new byte[] {1}, 1, to));
    }
  }

  @Test
  void h51_beyond_the_limit_of_its_group_a_sender_is_refused_and_counted() throws Exception {
    try (DatagramSocket service = new DatagramSocket(0, HERE);
        ForwardServer forward =
            forward(
                "listen",
                "udp:127.0.0.1:0",
                "to",
                "127.0.0.1:" + service.getLocalPort(),
                "max",
                "50")) {
      InetSocketAddress to = forward.addresses().getFirst();
      send(to, 120, "127.0.0.1");
      TestingPatience.await("all have been seen", () -> group(forward).total() == 120);
      send(to, 1, "127.0.0.1");
      TestingPatience.await("one more", () -> group(forward).total() == 121);
      ForwardStatus.Group full = group(forward);
      assertThat(full.udpSessions()).isEqualTo(50);
      // One that has been silent for a second gives way, where this machine has taken as long.
      assertThat(full.refused()).isBetween(1L, 71L);
      assertThat(full.errors()).containsOnlyKeys("refused: the limit of the group, 50");
    }
  }

  /** The limit is of both together, and half of it is theirs alone who connect. */
  @Test
  void h51_senders_and_connections_of_one_group_share_its_limit() throws Exception {
    try (ServerSocket service = new ServerSocket(0, 50, HERE);
        ForwardServer forward =
            forward(
                "listen",
                "udp:127.0.0.1:0",
                "listen",
                "127.0.0.1:0",
                "to",
                "127.0.0.1:" + service.getLocalPort(),
                "max",
                "4")) {
      TestingEcho.serve(service);
      List<InetSocketAddress> at = forward.addresses();
      send(at.getFirst(), 3, "127.0.0.1");
      String limit = "refused: the limit of UDP sessions of the group, 2";
      TestingPatience.await(
          "that one is refused", () -> group(forward).errors().containsKey(limit));
      assertThat(group(forward).udpSessions()).isEqualTo(2);
      try (Socket first = new Socket(HERE, at.getLast().getPort());
          Socket second = new Socket(HERE, at.getLast().getPort());
          Socket third = new Socket(HERE, at.getLast().getPort())) {
        assertThat(first.isConnected() && second.isConnected()).isTrue();
        third.setSoTimeout(TestingPatience.MILLIS);
        assertThatThrownBy(() -> third.getInputStream().read()).hasMessageContaining("reset");
      }
      assertThat(group(forward).errors()).containsEntry(LIMIT_OF_FOUR, 1L);
    }
  }

  @Test
  void h51_one_that_was_silent_gives_way_in_a_group_that_is_full() throws Exception {
    try (DatagramSocket service = new DatagramSocket(0, HERE);
        ForwardServer forward =
            forward(
                "listen",
                "udp:127.0.0.1:0",
                "to",
                "127.0.0.1:" + service.getLocalPort(),
                "max",
                "4")) {
      InetSocketAddress to = forward.addresses().getFirst();
      send(to, 4, "127.0.0.1");
      TestingPatience.await("their sessions", () -> group(forward).udpSessions() == 4);
      Thread.sleep(1100);
      send(to, 1, "127.0.0.2");
      TestingPatience.await("the late one", () -> group(forward).callers().size() == 2);
      TestingPatience.await("its session", () -> group(forward).udpSessions() == 4);
      assertThat(group(forward).callers()).extracting(Callers.Seen::open).containsExactly(1, 3);
      assertThat(group(forward).refused()).isZero();
    }
  }

  @Test
  void h51_who_is_refused_in_any_case_takes_nobodys_place() throws Exception {
    try (DatagramSocket service = new DatagramSocket(0, HERE);
        ForwardServer forward =
            forward(
                "listen",
                "udp:127.0.0.1:0",
                "to",
                "127.0.0.1:" + service.getLocalPort(),
                "max",
                "4",
                "max-per-client",
                "2")) {
      InetSocketAddress to = forward.addresses().getFirst();
      send(to, 2, "127.0.0.1");
      send(to, 2, "127.0.0.2");
      TestingPatience.await("their sessions", () -> group(forward).udpSessions() == 4);
      Thread.sleep(1100); // from now on each of them would give way
      send(to, 3, "127.0.0.2");
      TestingPatience.await(
          "that they are refused",
          () -> Long.valueOf(3).equals(group(forward).errors().get(LIMIT_OF_FOUR)));
      assertThat(group(forward).callers()).allSatisfy(c -> assertThat(c.open()).isEqualTo(2));
    }
  }
}
