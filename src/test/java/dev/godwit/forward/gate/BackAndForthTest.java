package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.GateException;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.landing.Landing;
import dev.godwit.forward.landing.LandingOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two hosts with a gate and a landing each, between which the services go back and forth, while
 * clients ask at the addresses of both; on each rung that loses nobody.
 */
@ParameterizedClass
@EnumSource(
    value = TestingRung.class,
    names = {"LOOKUP", "TAKEOVER_IPTABLES", "REDIRECTION_NFTABLES"})
@Timeout(180)
final class BackAndForthTest {
  private static final int KEPT = 8080;
  private static final int PLAIN = 8083;
  private static final List<PortGroup> GROUPS =
      List.of(
          new PortGroup("kept", List.of(KEPT), ClientAddress.TRANSPARENT),
          new PortGroup("plain", List.of(PLAIN), ClientAddress.PLAIN));
  private static final Duration LONG = Duration.ofSeconds(20);

  /** Of both hosts, as clients reach them. */
  private static final List<String> ADDRESSES =
      List.of("10.8.0.1", "fd08::1", "10.7.0.1", "fd07::1");

  @TempDir Path temporary;
  private final TestingRung rung;
  private TestingNamespace clients;
  private Host old;
  private Host fresh;
  private long epoch = 1;

  BackAndForthTest(TestingRung rung) {
    this.rung = rung;
  }

  /** A host's two services, gate and landing. */
  private final class Host {
    final String name;
    final TestingNamespace namespace;
    final Path directory;
    final List<TestingServer> services = new ArrayList<>();
    final Gate gate;
    final Landing landing;

    Host(String name, TestingNamespace namespace, String address, String other) throws Exception {
      this.name = name;
      this.namespace = namespace;
      directory = Files.createDirectories(temporary.resolve(name + "/move"));
      services.add(TestingServer.start(namespace, name, "::", KEPT));
      services.add(TestingServer.start(namespace, name, "0.0.0.0", PLAIN));
      InetAddress own = InetAddress.getByName(address);
      List<InetAddress> allowed = List.of(InetAddress.getByName(other));
      landing =
          namespace.call(
              () -> Landing.start(directory, new LandingOptions(own, 0, allowed, GROUPS)));
      WayBack wayBack = () -> startServices(services);
      gate = namespace.call(() -> rung.capture(directory, GROUPS, wayBack, 0));
    }

    Destination destination(String address) throws Exception {
      return new Destination(InetAddress.getByName(address), landing.port(), landing.token());
    }

    void stopServices() throws Exception {
      for (TestingServer service : services) {
        service.stop();
      }
    }

    void close() throws Exception {
      namespace.call(
          () -> {
            gate.close();
            landing.close();
            return null;
          });
      for (TestingServer service : services) {
        service.close();
      }
      namespace.close();
    }
  }

  private static void startServices(List<TestingServer> services) throws IOException {
    for (TestingServer service : services) {
      service.listen();
    }
  }

  private interface Order {
    void give(Gate gate) throws Exception;
  }

  private static void tell(Host host, Order order) throws Exception {
    host.namespace.call(
        () -> {
          order.give(host.gate);
          return null;
        });
  }

  @BeforeEach
  void hosts() throws Exception {
    clients = new TestingNamespace();
    TestingNamespace one = new TestingNamespace();
    TestingNamespace other = new TestingNamespace();
    one.connectTo(clients, 8);
    other.connectTo(clients, 7);
    one.connectTo(other, 9);
    old = new Host("old", one, "10.9.0.1", "10.9.0.2");
    fresh = new Host("new", other, "10.9.0.2", "10.9.0.1");
    fresh.stopServices();
  }

  @AfterEach
  void noHosts() throws Exception {
    old.close();
    fresh.close();
    clients.close();
  }

  /** Up to the release; the gate of the host that was there before is not told. */
  private void switchTo(Host next) throws Exception {
    Host serving = next == old ? fresh : old;
    epoch++;
    tell(serving, gate -> gate.hold(epoch, LONG));
    serving.stopServices();
    tell(serving, gate -> gate.takeQueued(epoch));
    startServices(next.services);
    Destination to = next.destination(next == old ? "10.9.0.1" : "10.9.0.2");
    tell(serving, gate -> gate.release(epoch, to, 0));
  }

  private void assertServedBy(Host host) throws Exception {
    clients.call(
        () -> {
          for (String address : ADDRESSES) {
            boolean six = address.contains(":");
            String own = address.replace("::1", ":0:0:0:0:0:0:2").replace(".0.1", ".0.2");
            for (int i = 0; i < 3; i++) {
              assertThat(TestingClient.ask(address, KEPT, "k"))
                  .as("at %s", address)
                  .startsWith(host.name + " k " + own + " ");
              if (!six) {
                assertThat(TestingClient.ask(address, PLAIN, "p"))
                    .as("at %s", address)
                    .startsWith(host.name + " p ");
              }
            }
          }
          return null;
        });
  }

  /** Clients at all addresses, of which none is answered. In the clients' namespace. */
  private static List<TestingClient> waitingAtAll() throws Exception {
    List<TestingClient> waiting = new ArrayList<>();
    for (String address : ADDRESSES) {
      waiting.add(new TestingClient(address, KEPT, "w"));
    }
    Thread.sleep(200); // that nothing comes has no sign
    for (TestingClient client : waiting) {
      assertThat(client.isAnswered()).isFalse();
    }
    return waiting;
  }

  private static void assertAnswered(List<TestingClient> waiting, String answer) throws Exception {
    for (TestingClient client : waiting) {
      assertThat(client.answer()).startsWith(answer);
      client.close();
    }
  }

  @Test
  void whichever_way_it_goes_clients_of_both_addresses_are_served_with_their_own()
      throws Exception {
    switchTo(fresh);
    assertServedBy(fresh);
    for (int i = 0; i < 3; i++) {
      switchTo(old);
      assertServedBy(old); // also while old's gate still sends its clients to new
      tell(old, gate -> gate.home(epoch, false));
      assertServedBy(old);
      switchTo(fresh);
      assertServedBy(fresh);
      tell(fresh, gate -> gate.home(epoch, false));
      assertServedBy(fresh);
    }
    assertThat(old.landing.status().errors()).isEmpty();
    assertThat(fresh.landing.status().errors()).isEmpty();
  }

  @Test
  void the_gate_of_the_host_that_serves_holds_those_who_come_by_the_other_too() throws Exception {
    switchTo(fresh);
    epoch++;
    tell(fresh, gate -> gate.hold(epoch, LONG));
    clients.call(
        () -> {
          List<TestingClient> waiting = waitingAtAll();
          tell(fresh, gate -> assertThat(gate.status().held()).isEqualTo(4));
          fresh.stopServices();
          tell(fresh, gate -> gate.back(epoch)); // a rollback that failed
          assertAnswered(waiting, "new w ");
          return null;
        });
  }

  /** Neither before the hold nor in it, and not when the attempt is taken back. */
  @Test
  void h56_who_comes_to_the_next_host_is_not_served_there_before_the_release() throws Exception {
    epoch++;
    tell(fresh, gate -> gate.lead(epoch, old.destination("10.9.0.1")));
    assertServedBy(old);
    tell(old, gate -> gate.hold(epoch, LONG));
    old.stopServices();
    startServices(fresh.services);
    clients.call(
        () -> {
          List<TestingClient> waiting = waitingAtAll();
          tell(old, gate -> gate.back(epoch));
          assertAnswered(waiting, "old w ");
          return null;
        });
    assertServedBy(old);
    assertThat(fresh.services.getFirst().served()).isZero();
    fresh.stopServices();
    tell(fresh, gate -> gate.lead(epoch + 1, old.destination("10.9.0.1")));
    switchTo(fresh);
    assertServedBy(fresh); // who comes to new goes round by old
    tell(fresh, gate -> gate.home(epoch, false));
    assertServedBy(fresh);
    assertThat(old.landing.status().errors()).isEmpty();
    assertThat(fresh.landing.status().errors()).isEmpty();
  }

  @Test
  void who_is_led_elsewhere_is_led_to_where_the_landing_is_now() throws Exception {
    epoch++;
    Destination gone = new Destination(InetAddress.getByName("10.9.0.1"), 1, old.landing.token());
    tell(fresh, gate -> gate.lead(epoch, gone));
    tell(fresh, gate -> gate.lead(epoch, old.destination("10.9.0.1")));
    assertServedBy(old);
    assertThatThrownBy(() -> tell(fresh, gate -> gate.lead(epoch - 1, old.destination("10.9.0.1"))))
        .hasMessageContaining("another controller has taken over");
    tell(old, gate -> gate.hold(epoch, LONG));
    assertThatThrownBy(() -> tell(old, gate -> gate.lead(epoch, gone)))
        .isInstanceOf(GateException.class)
        .hasMessageContaining("HOLD");
    tell(old, gate -> gate.back(epoch));
  }

  @Test
  void nobody_notices_five_times_back_and_forth() throws Exception {
    switchTo(fresh);
    clients.call(
        () -> {
          try (TestingLoad atOld =
                  new TestingLoad(
                      new InetSocketAddress(InetAddress.getByName("10.8.0.1"), KEPT),
                      100,
                      "old4 %d\n");
              TestingLoad atNew =
                  new TestingLoad(
                      new InetSocketAddress(InetAddress.getByName("fd07::1"), KEPT),
                      100,
                      "new6 %d\n")) {
            for (int i = 0; i < 5; i++) {
              switchTo(old);
              Thread.sleep(50);
              tell(old, gate -> gate.home(epoch, false));
              Thread.sleep(50);
              switchTo(fresh);
              Thread.sleep(50);
              tell(fresh, gate -> gate.home(epoch, false));
              Thread.sleep(50);
            }
            atOld.close();
            atNew.close();
            System.out.println("5 times: " + atOld + "; " + atNew);
            assertThat(atOld.failures).isEmpty();
            assertThat(atNew.failures).isEmpty();
            assertThat(old.services.getFirst().doubled()).isZero();
            assertThat(fresh.services.getFirst().doubled()).isZero();
            assertThat(old.services.getFirst().served() + fresh.services.getFirst().served())
                .isEqualTo(atOld.answered.get() + atNew.answered.get());
          }
          return null;
        });
  }

  @Test
  void h60_a_gate_does_not_take_its_clients_home_while_nothing_serves_them_there()
      throws Exception {
    switchTo(fresh);
    assertThatThrownBy(() -> tell(old, gate -> gate.home(epoch, false)))
        .isInstanceOf(GateException.class)
        .hasMessageContaining("not all services listen");
    assertThatThrownBy(() -> tell(old, gate -> gate.home(epoch - 1, false)))
        .hasMessageContaining("another controller has taken over");
    tell(old, gate -> assertThat(gate.mode()).isEqualTo(Mode.RELEASED));
    assertServedBy(fresh);
  }
}
