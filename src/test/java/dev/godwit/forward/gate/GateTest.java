package dev.godwit.forward.gate;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.TestingPatience;
import dev.godwit.forward.GateException;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.ladder.BeyondLookup;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.host.FencedException;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Who waits at a gate and who is released by it, and whom it turns away; on each rung that loses
 * nobody.
 */
@ParameterizedClass
@EnumSource(
    value = TestingRung.class,
    names = {"LOOKUP", "TAKEOVER_NFTABLES", "REDIRECTION_IPTABLES"})
@Timeout(TestingPatience.TEST_SECONDS)
final class GateTest extends TestingGate {
  GateTest(TestingRung rung) {
    super(rung);
  }

  @Test
  void a_captured_service_is_untouched() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            assertThat(TestingClient.ask("127.0.0.1", PORT, "a")).startsWith("old a 127.0.0.1");
            assertThat(gate.status().groups().getFirst().total()).isZero();
            assertThat(gate.status().mode()).isEqualTo(Mode.PASS);
            assertThat(gate.status().groups().getFirst().rung()).isEqualTo(rung.rung.ordinal());
            assertThat(gate.status().way()).startsWith(rung.rung.display());
            assertThat(gate.status().holdsBesideServices()).isTrue();
            old.stop();
            old.listen(); // no copy of ours keeps the port bound
          }
          return null;
        });
  }

  @Test
  void clients_wait_and_are_released_to_new_in_order_of_arrival() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(2, LONG);
            List<TestingClient> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
              clients.add(new TestingClient(i % 2 == 0 ? "127.0.0.1" : "::1", PORT, "o" + i));
            }
            await(() -> gate.status().held() == 20);
            old.stop();
            assertThat(gate.takeQueued(2)).isZero();
            assertThat(clients).noneMatch(TestingClient::isAnswered);
            gate.release(2, NEW, 0);
            for (int i = 0; i < 20; i++) {
              assertThat(clients.get(i).answer()).startsWith("new o" + i + " 10.9.0.1");
            }
            assertThat(TestingClient.ask("10.9.0.1", PORT, "later")).startsWith("new later");
            GateStatus status = gate.status();
            assertThat(status.mode()).isEqualTo(Mode.RELEASED);
            assertThat(status.holds().getFirst().connections()).isEqualTo(20);
            assertThat(status.holds().getFirst().ended()).startsWith("released to 10.9.0.2");
            assertThat(status.visitors())
                .extracting(GateStatus.Visitor::address)
                .contains("127.0.0.1", "10.9.0.1");
            gate.release(2, NEW, 0); // again changes nothing
            await(() -> gate.status().groups().getFirst().oldestMillis() > 0);
            assertThat(gate.status().groups().getFirst().bytes())
                .as("questions and answers of 20 that are open, and one that is not")
                .isGreaterThan(21L * "new o1 10.9.0.1".length());
            assertThatThrownBy(() -> gate.end(2, false)).hasMessageContaining("they would be cut");
            for (TestingClient client : clients) {
              client.close();
            }
            await(() -> gate.status().open() == 0);
            assertThat(gate.status().groups().getFirst().oldestMillis()).isZero();
            gate.end(2, false);
          }
          return null;
        });
  }

  /** On one host: the services have been pointed at other files meanwhile. */
  @Test
  void clients_wait_for_the_services_to_start_again_here() throws Exception {
    inside(
        () -> {
          AtomicInteger starts = new AtomicInteger();
          try (Gate gate = gate(restart(starts))) {
            assertThatThrownBy(() -> gate.makeRoom(2)).hasMessageContaining("nothing is held");
            gate.hold(2, LONG);
            List<TestingClient> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
              clients.add(new TestingClient(i % 2 == 0 ? "127.0.0.1" : "::1", PORT, "o" + i));
            }
            await(() -> gate.status().held() == 20);
            old.stop();
            assertThat(gate.takeQueued(2)).isZero();
            gate.makeRoom(2);
            restart(starts).startServices(); // and asks them, past those who wait
            assertThat(clients).noneMatch(TestingClient::isAnswered);
            gate.release(2, Destination.HERE, 0);
            for (int i = 0; i < 20; i++) {
              assertThat(clients.get(i).answer()).startsWith("old o" + i);
            }
            assertThat(gate.mode()).as("until it is known").isEqualTo(Mode.RELEASED);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "b")).startsWith("old b 127.0.0.1");
            assertThatThrownBy(() -> gate.hold(2, LONG)).hasMessageContaining("HOME is first");
            gate.home(2, false);
            assertThat(gate.mode()).isEqualTo(Mode.PASS);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "p")).startsWith("old p 127.0.0.1");
            for (TestingClient client : clients) {
              client.close();
            }
            gate.end(2, true);
          }
          assertThat(starts).hasValue(1);
          return null;
        });
  }

  /** Its record says that they were released: the services stay as they are. */
  @Test
  void a_gate_that_goes_on_with_a_release_to_its_own_host_starts_nothing() throws Exception {
    inside(
        () -> {
          AtomicInteger starts = new AtomicInteger();
          try (Gate gate = gate(restart(starts))) {
            gate.goOn(2, Destination.HERE);
            assertThat(gate.mode()).isEqualTo(Mode.RELEASED);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "a")).startsWith("old a");
            gate.home(2, false);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "p")).startsWith("old p 127.0.0.1");
          }
          assertThat(starts).hasValue(0);
          return null;
        });
  }

  @Test
  void what_stood_in_the_services_own_queue_is_taken_too() throws Exception {
    assumeTrue(rung.rung.takesOver());
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            old.freeze(true);
            List<TestingClient> clients = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
              clients.add(new TestingClient("127.0.0.1", PORT, "q" + i));
            }
            gate.hold(1, LONG);
            clients.add(new TestingClient("127.0.0.1", PORT, "q5"));
            old.stop();
            old.freeze(false);
            assertThat(gate.takeQueued(1)).isEqualTo(5);
            await(() -> gate.status().held() == 6);
            gate.release(1, NEW, 0);
            for (int i = 0; i < 6; i++) {
              assertThat(clients.get(i).answer()).startsWith("new q" + i);
            }
            gate.end(1, true);
          }
          return null;
        });
  }

  @Test
  void h51_beyond_the_limit_clients_are_refused_at_once() throws Exception {
    inside(
        () -> {
          try (Gate gate = rung.capture(directory, List.of(WEB), () -> {}, 10)) {
            gate.hold(1, LONG);
            List<TestingClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
              clients.add(new TestingClient("127.0.0.1", PORT, "l" + i));
            }
            await(() -> gate.status().held() == 10);
            assertThatThrownBy(() -> TestingClient.ask("127.0.0.1", PORT, "one too many"))
                .satisfiesAnyOf(
                    e -> assertThat(e).isInstanceOf(IOException.class),
                    e -> assertThat(e).isInstanceOf(ExecutionException.class));
            assertThat(gate.status().groups().getFirst().refused()).isEqualTo(1);
            gate.back(1);
            for (TestingClient client : clients) {
              assertThat(client.answer()).startsWith("old l");
            }
          }
          return null;
        });
  }

  @Test
  void h51_a_hold_that_would_not_fit_is_refused_before_it_begins() throws Exception {
    inside(
        () -> {
          try (Gate gate = rung.capture(directory, List.of(WEB), () -> {}, 10)) {
            for (int i = 0; i < 150; i++) {
              assertThat(TestingClient.ask("127.0.0.1", PORT, "many")).startsWith("old many");
            }
            Thread.sleep(1100); // less than a second says nothing
            assertThatThrownBy(() -> gate.hold(1, LONG))
                .hasMessageContaining("would not fit")
                .hasMessageContaining("room for 10");
            assertThat(gate.status().mode()).isEqualTo(Mode.PASS);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "after")).startsWith("old after");
            assertThat(gate.renew(List.of(WEB), 1, () -> {}, true)).isTrue();
            gate.hold(1, Duration.ofMillis(200)); // what came before this attempt says nothing
            gate.back(1);
          }
          return null;
        });
  }

  @Test
  void h55_those_who_wait_go_at_the_rate_that_was_asked_for() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(1, LONG);
            TestingClient first = new TestingClient("127.0.0.1", PORT, "first");
            await(() -> gate.status().held() == 1);
            TestingClient second = new TestingClient("127.0.0.1", PORT, "second");
            await(() -> gate.status().held() == 2);
            gate.release(1, NEW, 1);
            assertThat(first.answer()).startsWith("new first");
            assertThat(gate.status().held()).as("one second to the next").isEqualTo(1);
            assertThat(second.answer()).startsWith("new second");
          }
          return null;
        });
  }

  @Test
  void h51_a_client_that_gives_up_frees_its_place() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(1, LONG);
            TestingClient client = new TestingClient("127.0.0.1", PORT, "impatient");
            await(() -> gate.status().held() == 1);
            TestingNamespace.command(
                "ip",
                "netns",
                "exec",
                namespace.name,
                "ss",
                "-K",
                "sport",
                "=",
                ":" + client.port());
            await(() -> gate.status().held() == 0);
            gate.back(1);
          }
          return null;
        });
  }

  @Test
  void h59_an_older_epoch_is_refused_after_a_restart_too() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(7, LONG);
            assertThatThrownBy(() -> gate.back(6)).hasMessageContaining("epoch 6");
            gate.back(7);
          }
          assertThatThrownBy(() -> gate(() -> {})).isInstanceOf(FencedException.class);
          return null;
        });
  }

  @Test
  void a_stranger_to_the_gates_own_port_is_turned_away() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            String listening =
                TestingNamespace.command(
                    "ip",
                    "netns",
                    "exec",
                    namespace.name,
                    "ss",
                    "-Hltn",
                    "sport",
                    "!=",
                    ":" + PORT);
            // bound to loopback alone, where that is enough
            assertThat(listening)
                .contains(rung.rung.redirects() ? "*:" : "[::ffff:127.0.0.1]:")
                .hasLineCount(1);
            int port = Integer.parseInt(listening.replaceAll("(?s).*?[*\\]]:(\\d+).*", "$1"));
            assertThatThrownBy(() -> TestingClient.ask("127.0.0.1", port, "x"));
            await(() -> gate.status().strangers() == 1);
          }
          return null;
        });
  }

  @Test
  void a_check_from_beyond_the_lookup_reaches_the_service_in_a_hold() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(1, LONG);
            for (String address : List.of("127.0.0.1", "::1")) {
              for (int i = 0; i < 3; i++) {
                try (java.net.Socket check =
                    BeyondLookup.connect(
                        InetAddress.getByName(address), PORT, TestingPatience.LIMIT)) {
                  check.setSoTimeout(TestingPatience.MILLIS);
                  check.getOutputStream().write(("check " + address + i + "\n").getBytes());
                  assertThat(check.getInputStream().readAllBytes()).asString().startsWith("old ");
                }
              }
            }
            assertThat(gate.status().held()).isZero();
            gate.back(1);
          }
          return null;
        });
  }

  /** A first packet that was dropped comes again, past the rules, and would be refused. */
  @Test
  void a_hold_is_refused_as_long_as_one_who_was_dropped_may_come_again() throws Exception {
    assumeTrue(rung.rung == Rung.REDIRECTION); // the others have made the queue longer
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(1, LONG);
            gate.back(1);
            old.freeze(true);
            List<java.nio.channels.SocketChannel> many = new ArrayList<>();
            for (int i = 0; i < 200; i++) { // its queue has 128 places
              java.nio.channels.SocketChannel one = java.nio.channels.SocketChannel.open();
              one.configureBlocking(false);
              boolean unused = one.connect(new java.net.InetSocketAddress("127.0.0.1", PORT));
              many.add(one);
            }
            assertThatThrownBy(() -> gate.hold(1, LONG))
                .isInstanceOf(GateException.class)
                .hasMessageContaining("a queue on this host was full a moment ago");
            assertThat(gate.mode()).isEqualTo(Mode.PASS);
            for (java.nio.channels.SocketChannel one : many) {
              one.close();
            }
            old.freeze(false);
          }
          return null;
        });
  }

  @Test
  void the_status_travels_as_it_is() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(1, LONG);
            try (TestingClient client = new TestingClient("127.0.0.1", PORT, "s")) {
              await(() -> gate.status().held() == 1);
              GateStatus status = gate.status();
              MessageWriter out = new MessageWriter();
              status.write(out);
              assertThat(GateStatus.read(new MessageReader(out.toBytes()))).isEqualTo(status);
              gate.back(1);
              client.answer();
            }
          }
          return null;
        });
  }
}
