package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pass, hold, drain and closed of one group, while another one goes on. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardModesTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private ServerSocket service;
  private ForwardServer forward;

  @BeforeEach
  void start() throws Exception {
    service = closing(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
    TestingEcho.serve(service);
    forward = closing(ForwardServer.start(rules("0"), log::add));
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
  }

  private <T extends AutoCloseable> T closing(T one) {
    opened.add(one);
    return one;
  }

  private ForwardRules rules(String max) {
    String to = "127.0.0.1:" + service.getLocalPort();
    return new ForwardRules(
        List.of(
            rule("web", "listen", "127.0.0.1:0", "to", to, "max", max),
            rule("mail", "listen", "127.0.0.1:0", "to", to)),
        0,
        ForwardDefaults.DRAIN_LIMIT,
        null,
        null);
  }

  private static ForwardRule rule(String name, String... keysAndValues) {
    RuleBuilder builder = new RuleBuilder(name);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      if (!keysAndValues[i].equals("max") || !keysAndValues[i + 1].equals("0")) {
        builder.add(keysAndValues[i], keysAndValues[i + 1]);
      }
    }
    return builder.build();
  }

  /** Of the first group or of the second. */
  private Socket client(int group) throws IOException {
    InetSocketAddress address = forward.addresses().get(group);
    Socket socket = closing(new Socket(address.getAddress(), address.getPort()));
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  private static void assertServed(Socket socket) throws IOException {
    socket.getOutputStream().write(7);
    assertThat(socket.getInputStream().read()).isEqualTo(7);
  }

  private static void assertReset(Socket socket) {
    assertThatThrownBy(
            () -> {
              socket.getOutputStream().write(7);
              int unused = socket.getInputStream().read();
            })
        .hasMessageMatching("Connection reset.*|Broken pipe");
  }

  /** A new client; its reset may come before it knows that it was connected. */
  private void assertRefused() {
    assertThatThrownBy(
            () -> {
              Socket socket = client(0);
              socket.getOutputStream().write(7);
              int unused = socket.getInputStream().read();
            })
        .hasMessageMatching("Connection reset.*|Broken pipe");
  }

  private ForwardStatus.Group web() throws InterruptedException {
    return forward.status().groups().getFirst();
  }

  @Test
  void a_closed_group_resets_who_is_there_and_who_comes_and_counts_them() throws Exception {
    Socket there = client(0);
    assertServed(there);
    Socket other = client(1);
    assertServed(other);
    forward.close("web");
    assertReset(there);
    for (int i = 0; i < 5; i++) {
      assertRefused();
    }
    assertServed(other);
    assertServed(client(1));
    await(() -> web().refused() == 5);
    assertThat(web().mode()).isEqualTo(GroupMode.CLOSED);
    assertThat(web().open()).isZero();
    assertThat(web().errors())
        .containsAllEntriesOf(
            Map.of("refused: the group is closed", 5L, "the group was closed", 1L));
    assertThat(web().callers().getFirst().total()).as("who still comes").isEqualTo(6);
    assertThat(forward.status().metrics())
        .contains("godwit_forward_mode{group=\"web\",mode=\"closed\"} 1")
        .contains("godwit_forward_mode{group=\"web\",mode=\"pass\"} 0")
        .contains("godwit_forward_mode{group=\"mail\",mode=\"pass\"} 1");
    assertThat(forward.status().json().toString()).contains("mode=closed");
    forward.release("web", null, 0, false);
    assertServed(client(0));
    assertThat(web().mode()).isEqualTo(GroupMode.PASS);
  }

  @Test
  void closing_in_a_hold_resets_those_who_wait_and_no_lease_opens_it_again() throws Exception {
    forward.hold("web", Duration.ofMillis(300));
    Socket waits = client(0);
    await(() -> web().waiting() == 1);
    forward.close("web");
    assertReset(waits);
    assertThat(web().waiting()).isZero();
    Thread.sleep(600);
    assertThat(web().mode()).isEqualTo(GroupMode.CLOSED);
    assertRefused();
    assertThatThrownBy(() -> forward.hold("web", LONG))
        .hasMessageContaining("it is closed; `godwit forward release web` opens it");
  }

  @Test
  void a_drain_refuses_who_comes_and_is_over_when_all_have_ended() throws Exception {
    Socket there = client(0);
    assertServed(there);
    forward.drain("web", LONG);
    assertRefused();
    assertServed(there);
    assertThat(web().mode()).isEqualTo(GroupMode.DRAIN);
    assertThat(web().errors()).containsEntry("refused: the group is draining", 1L);
    assertThatThrownBy(() -> forward.hold("web", LONG)).hasMessageContaining("it is draining");
    there.close();
    await(() -> web().mode() == GroupMode.CLOSED);
    await(() -> log.contains("web: drained, and closed"));
    assertThat(web().errors()).doesNotContainKey("the group was closed");
  }

  @Test
  void a_drain_lets_those_who_wait_go_and_resets_what_is_left_at_its_limit() throws Exception {
    forward.hold("web", LONG);
    Socket waited = client(0);
    await(() -> web().waiting() == 1);
    forward.drain("web", Duration.ofMillis(700));
    assertServed(waited);
    await(() -> web().mode() == GroupMode.CLOSED);
    assertReset(waited);
    assertThat(web().open()).isZero();
    assertThat(web().errors()).containsEntry("the group was closed", 1L);
    await(() -> log.stream().anyMatch(line -> line.contains("at the limit of its drain")));
  }

  @Test
  void a_drain_that_is_taken_back_closes_nothing() throws Exception {
    Socket there = client(0);
    assertServed(there);
    forward.drain("web", Duration.ofMillis(300));
    forward.release("web", null, 0, false);
    Thread.sleep(600);
    assertServed(there);
    assertServed(client(0));
    assertThat(web().mode()).isEqualTo(GroupMode.PASS);
  }

  /** Closed is the group, not its rule. */
  @Test
  void a_closed_group_stays_closed_when_the_rules_are_read_again() throws Exception {
    forward.close("web");
    forward.reload(rules("100"));
    assertThat(web().mode()).isEqualTo(GroupMode.CLOSED);
    assertRefused();
  }

  /** An attempt that pauses is in no queue, and comes back. */
  @Test
  void a_client_whose_destination_fails_is_reset_too() throws Exception {
    service.close();
    await(this::isServiceGone); // the kernel's socket lives until its accept has returned
    Socket waits = client(0);
    await(() -> web().errors().keySet().stream().anyMatch(cause -> cause.startsWith("retried")));
    forward.close("web");
    assertReset(waits);
    assertThat(web().waiting()).isZero();
  }

  private boolean isServiceGone() {
    try (Socket socket = new Socket("127.0.0.1", service.getLocalPort())) {
      return !socket.isConnected();
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void a_closed_group_of_datagrams_answers_nobody() throws Exception {
    try (DatagramSocket server = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
        DatagramSocket client = new DatagramSocket()) {
      Thread.ofPlatform().daemon().start(() -> answer(server));
      client.setSoTimeout(TestingPatience.MILLIS);
      String to = "127.0.0.1:" + server.getLocalPort();
      ForwardServer udp =
          closing(
              ForwardServer.start(
                  new ForwardRules(
                      List.of(rule("dns", "listen", "udp:127.0.0.1:0", "to", to)),
                      0,
                      ForwardDefaults.DRAIN_LIMIT,
                      null,
                      null),
                  log::add));
      InetSocketAddress at = udp.addresses().getFirst();
      assertThat(asks(client, at)).isTrue();
      udp.close("dns");
      client.setSoTimeout(300);
      assertThat(asks(client, at)).isFalse();
      assertThat(udp.status().groups().getFirst().udpSessions()).isZero();
      assertThat(udp.status().groups().getFirst().refused()).isEqualTo(1);
      udp.release("dns", null, 0, false);
      client.setSoTimeout(TestingPatience.MILLIS);
      assertThat(asks(client, at)).isTrue();
    }
  }

  private static void answer(DatagramSocket server) {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[10], 10);
        server.receive(packet);
        server.send(packet);
      }
    } catch (IOException e) {
      return;
    }
  }

  private static boolean asks(DatagramSocket client, InetSocketAddress at) throws IOException {
    client.send(new DatagramPacket(new byte[] {1}, 1, at));
    try {
      client.receive(new DatagramPacket(new byte[10], 10));
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }
}
