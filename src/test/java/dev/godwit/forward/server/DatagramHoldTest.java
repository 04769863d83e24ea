package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A group of datagrams that is held: what waits, what is dropped, and where it goes. */
@Timeout(TestingPatience.TEST_SECONDS)
final class DatagramHoldTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private Service service;
  private ForwardServer forward;

  @BeforeEach
  void start() throws Exception {
    service = closing(new Service());
    forward = closing(ForwardServer.start(rules(service, "idle-limit", "200ms"), log::add));
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : opened.reversed()) {
      c.close();
    }
  }

  private <T extends AutoCloseable> T closing(T one) {
    opened.add(one);
    return one;
  }

  private static ForwardRules rules(Service to, String... keysAndValues) {
    List<String> all = new ArrayList<>(List.of("listen", "udp:127.0.0.1:0", "to", to.display()));
    all.addAll(List.of(keysAndValues));
    return TestingRules.rules(TestingRules.rule("dns", all.toArray(String[]::new)));
  }

  /** Writes down what comes and answers it. */
  private static final class Service implements AutoCloseable {
    private final DatagramSocket socket;
    private final List<String> came = new CopyOnWriteArrayList<>();
    private final List<Long> nanos = new CopyOnWriteArrayList<>();

    Service() throws IOException {
      socket = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
      Thread.ofPlatform().daemon().start(this::serve);
    }

    String display() {
      return "127.0.0.1:" + socket.getLocalPort();
    }

    private void serve() {
      try {
        while (true) {
          DatagramPacket p = new DatagramPacket(new byte[2000], 2000);
          socket.receive(p);
          nanos.add(System.nanoTime());
          came.add(new String(p.getData(), 0, p.getLength(), StandardCharsets.US_ASCII));
          socket.send(p);
        }
      } catch (IOException e) {
        return;
      }
    }

    @Override
    public void close() {
      socket.close();
    }
  }

  private DatagramSocket client() throws IOException {
    DatagramSocket client = closing(new DatagramSocket(0, InetAddress.getByName("127.0.0.1")));
    client.setSoTimeout(TestingPatience.MILLIS);
    return client;
  }

  private void send(DatagramSocket from, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    InetSocketAddress to = forward.addresses().getFirst();
    from.send(new DatagramPacket(bytes, bytes.length, to));
  }

  private static String received(DatagramSocket client) throws IOException {
    DatagramPacket p = new DatagramPacket(new byte[2000], 2000);
    client.receive(p);
    return new String(p.getData(), 0, p.getLength(), StandardCharsets.US_ASCII);
  }

  private ForwardStatus.Group group() {
    try {
      return forward.status().groups().getFirst();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void held(int count) throws Exception {
    await(() -> group().datagramsHeld() == count);
  }

  @Test
  void h52_datagrams_wait_in_a_hold_and_go_in_the_order_in_which_they_came() throws Exception {
    DatagramSocket one = client();
    DatagramSocket two = client();
    send(one, "before");
    assertThat(received(one)).isEqualTo("before");
    forward.hold("dns", LONG);
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 20; i++) { // more than go at once
      send(i % 3 == 0 ? one : two, "held " + i);
      sent.add("held " + i);
      held(i + 1);
    }
    Thread.sleep(1500); // longer than a session may idle, and than it takes to look for such ones
    assertThat(service.came).containsExactly("before");
    assertThat(group().mode()).isEqualTo(GroupMode.HOLD);
    assertThat(group().udpSessions()).isEqualTo(2);
    forward.release("dns", null, 0, false);
    await(() -> service.came.size() == 21);
    assertThat(service.came.subList(1, 21)).isEqualTo(sent);
    assertThat(received(one)).isEqualTo("held 0");
    assertThat(received(two)).isEqualTo("held 1");
    assertThat(group().datagramsHeld()).isZero();
    assertThat(group().errors()).isEmpty();
  }

  @Test
  void h50_a_hold_of_datagrams_ends_by_its_limit() throws Exception {
    DatagramSocket one = client();
    forward.hold("dns", Duration.ofMillis(400));
    long began = System.nanoTime();
    send(one, "x");
    assertThat(received(one)).isEqualTo("x");
    assertThat(System.nanoTime() - began).isGreaterThan(300_000_000L);
    assertThat(group().mode()).isEqualTo(GroupMode.PASS);
    await(() -> log.contains("dns: the hold has ended by its limit"));
  }

  @Test
  void h51_the_newest_of_a_client_are_kept_and_what_was_dropped_is_counted() throws Exception {
    DatagramSocket one = client();
    DatagramSocket other = client();
    forward.hold("dns", LONG);
    send(other, "other");
    held(1);
    int many = KeptDatagrams.EACH_MAX + 10;
    for (int i = 0; i < many; i++) {
      send(one, "n" + i);
    }
    String cause = "dropped while held: newer ones of the same client";
    await(() -> group().errors().getOrDefault(cause, 0L) == 10);
    assertThat(group().datagramsHeld()).isEqualTo(1 + KeptDatagrams.EACH_MAX);
    forward.release("dns", null, 0, false);
    await(() -> service.came.size() == 1 + KeptDatagrams.EACH_MAX);
    assertThat(service.came).startsWith("other", "n10").endsWith("n" + (many - 1));
  }

  /** One whose session was there before too. */
  @Test
  void h54_a_release_elsewhere_leaves_no_datagram_for_the_old_destination() throws Exception {
    Service next = closing(new Service());
    DatagramSocket known = client();
    DatagramSocket fresh = client();
    send(known, "a");
    assertThat(received(known)).isEqualTo("a");
    forward.hold("dns", LONG);
    send(known, "b");
    send(fresh, "c");
    held(2);
    forward.release("dns", Endpoints.target(next.display()), 0, false);
    assertThat(received(known)).isEqualTo("b");
    assertThat(received(fresh)).isEqualTo("c");
    send(known, "d");
    assertThat(received(known)).isEqualTo("d");
    assertThat(service.came).containsExactly("a");
    assertThat(next.came).containsExactlyInAnyOrder("b", "c", "d");
  }

  /** Without a hold, and to a client that has not been idle since. */
  @Test
  void h54_a_release_elsewhere_moves_sessions_that_are_there() throws Exception {
    Service next = closing(new Service());
    DatagramSocket known = client();
    send(known, "a");
    assertThat(received(known)).isEqualTo("a");
    forward.release("dns", Endpoints.target(next.display()), 0, false);
    send(known, "b");
    assertThat(received(known)).isEqualTo("b");
    assertThat(next.came).containsExactly("b");
  }

  @Test
  void h55_a_release_lets_as_many_datagrams_go_in_a_second_as_was_asked_for() throws Exception {
    DatagramSocket one = client();
    forward.hold("dns", LONG);
    for (int i = 0; i < 11; i++) {
      send(one, "n" + i);
    }
    held(11);
    forward.release("dns", null, 20, false);
    send(one, "late"); // behind those who were there
    await(() -> service.came.size() == 12);
    assertThat(service.came).startsWith("n0", "n1").endsWith("n10", "late");
    long first = service.nanos.getFirst();
    assertThat(service.nanos.get(10) - first).isGreaterThan(450_000_000L);
  }

  @Test
  void a_reload_in_a_hold_keeps_what_waits_and_sends_it_where_the_rules_say_then()
      throws Exception {
    Service next = closing(new Service());
    DatagramSocket one = client();
    forward.hold("dns", LONG);
    send(one, "x");
    held(1);
    forward.reload(rules(next));
    assertThat(group().mode()).isEqualTo(GroupMode.HOLD);
    send(one, "y");
    held(2);
    forward.release("dns", null, 0, false);
    await(() -> next.came.size() == 2);
    assertThat(next.came).containsExactly("x", "y");
    assertThat(service.came).isEmpty();
  }

  @Test
  void an_answer_that_is_under_way_comes_after_a_reload_and_its_session_goes_on() throws Exception {
    try (DatagramSocket slow = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
      slow.setSoTimeout(TestingPatience.MILLIS);
      String to = "127.0.0.1:" + slow.getLocalPort();
      ForwardRule first = TestingRules.rule("dns", "listen", "udp:127.0.0.1:0", "to", to);
      ForwardServer udp = closing(ForwardServer.start(TestingRules.rules(first), log::add));
      InetSocketAddress at = udp.addresses().getFirst();
      DatagramSocket one = client();
      one.send(new DatagramPacket(new byte[] {'q'}, 1, at));
      DatagramPacket question = new DatagramPacket(new byte[10], 10);
      slow.receive(question);
      udp.reload(
          TestingRules.rules(
              TestingRules.rule("web", "listen", "127.0.0.1:0", "to", to),
              TestingRules.rule(
                  "dns", "listen", "127.0.0.1:0", "listen", "udp:127.0.0.1:0", "to", to)));
      assertThat(udp.status().groups().get(1).udpSessions()).isEqualTo(1);
      slow.send(question);
      assertThat(received(one)).isEqualTo("q");
      one.send(new DatagramPacket(new byte[] {'r'}, 1, at));
      DatagramPacket next = new DatagramPacket(new byte[10], 10);
      slow.receive(next);
      assertThat(next.getData()[0]).isEqualTo((byte) 'r');
      assertThat(next.getPort()).as("by the same session").isEqualTo(question.getPort());
    }
  }

  @Test
  void a_reload_with_another_destination_moves_a_session_with_its_next_datagram() throws Exception {
    Service next = closing(new Service());
    DatagramSocket known = client();
    send(known, "a");
    assertThat(received(known)).isEqualTo("a");
    forward.reload(rules(next));
    assertThat(group().to()).extracting(ForwardStatus.Place::open).containsExactly(0, 1);
    assertThat(group().to().getLast().left()).isTrue();
    send(known, "b");
    assertThat(received(known)).isEqualTo("b");
    assertThat(service.came).containsExactly("a");
    assertThat(next.came).containsExactly("b");
    assertThat(group().to()).extracting(ForwardStatus.Place::open).containsExactly(1);
  }

  @Test
  void what_waits_goes_when_a_drain_begins_and_is_dropped_by_a_close() throws Exception {
    DatagramSocket one = client();
    forward.hold("dns", LONG);
    send(one, "x");
    held(1);
    forward.drain("dns", Duration.ofSeconds(20));
    assertThat(received(one)).isEqualTo("x");
    forward.release("dns", null, 0, false);
    forward.hold("dns", LONG);
    send(one, "y");
    held(1);
    forward.close("dns");
    assertThat(group().datagramsHeld()).isZero();
    assertThat(group().errors()).containsEntry("dropped while held: the group was closed", 1L);
    forward.release("dns", null, 0, false);
    send(one, "z");
    assertThat(received(one)).isEqualTo("z");
    assertThat(service.came).containsExactly("x", "z");
  }
}
