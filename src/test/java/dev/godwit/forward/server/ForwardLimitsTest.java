package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.Callers;
import dev.godwit.forward.Limits;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.TestingMemory;
import dev.godwit.forward.rules.ForwardRules;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What {@code godwit forward} does not let in, and what it ends, because there is too much of it.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardLimitsTest extends TestingForwarder {
  @Test
  void h51_beyond_a_limit_a_client_is_refused_at_once_and_counted() throws Exception {
    ServerSocket service = service();
    ForwardServer forward =
        forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort(), "max", "2");
    client(forward);
    client(forward);
    await(() -> group(forward).open() == 2);
    Socket third = client(forward);
    assertThatThrownBy(() -> third.getInputStream().read()).hasMessageContaining("reset");
    assertThat(group(forward).refused()).isEqualTo(1);
    assertThat(group(forward).errors()).containsEntry("refused: the limit of the group, 2", 1L);
    assertThat(group(forward).callers()).extracting(Callers.Seen::total).containsExactly(3L);
    assertThat(group(forward).callers()).extracting(Callers.Seen::open).containsExactly(2);
  }

  /** Who has to say a name, or send a header, and has not yet. */
  @ParameterizedTest
  @CsvSource({"sni, a.example=127.0.0.1:1", "accept-proxy, 127.0.0.0/8"})
  void h51_who_has_said_nothing_counts_for_the_limit_of_the_group(String key, String value)
      throws Exception {
    ForwardServer forward =
        forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1", "max", "2", key, value);
    Socket first = client(forward);
    client(forward);
    for (int i = 0; i < 3; i++) {
      Socket beyond = client(forward);
      assertThatThrownBy(() -> beyond.getInputStream().read()).hasMessageContaining("reset");
    }
    assertThat(group(forward).errors()).containsEntry("refused: the limit of the group, 2", 3L);
    first.close();
    await(() -> group(forward).callers().getFirst().open() == 1);
    client(forward);
    await(() -> group(forward).callers().getFirst().open() == 2);
  }

  @Test
  void h51_while_readers_that_have_stopped_keep_much_nobody_more_is_let_in() throws Exception {
    ServerSocket service = service();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort());
    client(forward);
    await(() -> group(forward).open() == 1);
    for (Relay relay : forward.relays()) {
      TestingMemory.take(relay);
    }
    Socket refused = client(forward);
    assertThatThrownBy(() -> refused.getInputStream().read()).hasMessageContaining("reset");
    assertThat(group(forward).refused()).isEqualTo(1);
    assertThat(group(forward).errors())
        .containsOnlyKeys("refused: the limit of memory, 192 MiB for readers that have stopped");
    assertThat(group(forward).open()).isEqualTo(1);
  }

  @Test
  void h51_one_client_address_cannot_take_every_place() throws Exception {
    ServerSocket service = service();
    ForwardServer forward =
        forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort(), "max-per-client", "1");
    Socket first = client(forward.addresses().get(0));
    Socket again = client(forward.addresses().get(0));
    assertThatThrownBy(() -> again.getInputStream().read()).hasMessageContaining("reset");
    Socket other = client(forward.addresses().get(1)); // ::1
    await(() -> group(forward).open() == 2);
    assertThat(other.isClosed()).isFalse();
    first.close();
    accepted(service).close();
    await(() -> group(forward).callers().stream().anyMatch(c -> c.open() == 0));
    client(forward.addresses().get(0));
    await(() -> group(forward).open() == 2);
  }

  @Test
  void h51_more_than_the_descriptors_allow_is_refused_at_the_start() {
    ForwardRules rules =
        new ForwardRules(
            List.of(rule("x", "listen", "0", "to", "127.0.0.1:1")),
            10_000_000,
            Duration.ZERO,
            null,
            null);
    assertThatThrownBy(() -> ForwardServer.start(rules, log::add))
        .hasMessageMatching(
            ".*: the limit of \\d+ descriptors allows \\d+ \\(2 each, and 512 for the program, its"
                + " listeners and the pipes through which much passes\\); raise it.*");
    assertThatThrownBy(() -> DescriptorRoom.connectionsMax(60_000, Limits.GUESTS_MAX))
        .hasMessageContaining("a forwarder has 50000 at most")
        .hasMessageNotContaining("descriptors");
  }

  @Test
  void an_idle_connection_is_reset_and_a_busy_one_is_not() throws Exception {
    ServerSocket service = service();
    ForwardServer forward =
        forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort(), "idle-limit", "2s");
    Socket idle = client(forward);
    Socket idleServer = accepted(service);
    Socket busy = client(forward);
    Socket busyServer = accepted(service);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  busyServer.getOutputStream().write(1);
                  Thread.sleep(200);
                }
              } catch (IOException | InterruptedException e) {
                return;
              }
            });
    assertThatThrownBy(() -> idle.getInputStream().read()).hasMessageContaining("reset");
    assertThat(idleServer.isClosed()).isFalse();
    assertThat(busy.getInputStream().read()).isEqualTo(1);
    assertThat(group(forward).errors()).containsEntry("idle for longer than the limit", 1L);
    assertThat(group(forward).open()).isEqualTo(1);
  }

  /** More clients than there are sessions, each from a port of its own that it never uses again. */
  @Test
  void h51_datagrams_of_many_clients_have_no_more_sessions_than_there_may_be() throws Exception {
    DatagramSocket service = answering();
    ForwardServer forward =
        forward(
            "listen",
            "udp:127.0.0.1:0",
            "to",
            "127.0.0.1:" + service.getLocalPort(),
            "idle-limit",
            "1h");
    InetSocketAddress to = forward.addresses().getFirst();
    int most = 4096;
    for (int i = 0; i < most; i++) {
      try (DatagramSocket one =
          new DatagramSocket(20_000 + i, InetAddress.getByName("127.0.0.9"))) {
        one.send(new DatagramPacket(new byte[] {'x'}, 1, to));
      }
      if (i % 64 == 63) { // no more than the queue of a socket takes
        int sent = i + 1;
        await(() -> group(forward).udpSessions() == sent);
      }
    }
    Thread.sleep(1100); // one that is younger than a second is not given up for another
    DatagramSocket late = closing(new DatagramSocket());
    assertThat(asked(late, "127.0.0.1", to.getPort(), "late")).isEqualTo("re late");
    assertThat(group(forward).udpSessions()).isEqualTo(most);
  }
}
