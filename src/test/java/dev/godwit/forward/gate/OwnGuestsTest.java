package dev.godwit.forward.gate;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Who is of a service itself goes to it through a gate that makes all others wait, or leads them
 * elsewhere; on each rung that stands beside a service.
 */
@ParameterizedClass
@EnumSource(
    value = TestingRung.class,
    names = {"LOOKUP", "TAKEOVER_NFTABLES", "REDIRECTION_IPTABLES"})
@Timeout(TestingPatience.TEST_SECONDS)
final class OwnGuestsTest extends TestingTwoHosts {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final List<String> OF_THIS_HOST = List.of("127.0.0.1", "::1", "10.9.0.1");

  @TempDir Path parent;
  private final TestingRung rung;

  /** Ports of clients that are no clients. */
  private final Set<Integer> own = ConcurrentHashMap.newKeySet();

  OwnGuestsTest(TestingRung rung) {
    this.rung = rung;
  }

  @BeforeEach
  void oldServes() throws Exception {
    old.stop();
    old.listen();
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(TestingRung.rules(namespace)).doesNotContain("godwit").doesNotContain("8080");
  }

  private static void inside(Callable<Void> body) throws Exception {
    namespace.call(body);
  }

  private Gate gate(TestingWayBack.Start start) throws Exception {
    return gate(WEB, new TestingWayBack(start, this::own));
  }

  private Gate gate(PortGroup group, WayBack wayBack) throws Exception {
    return rung.capture(parent.resolve("move"), List.of(group), wayBack, 0);
  }

  private Set<Long> own(Set<Long> sockets) throws IOException {
    return SocketDiagnostics.connections().stream()
        .filter(one -> sockets.contains(one.inode()))
        .filter(one -> own.contains(one.local().getPort()))
        .map(TcpSocket::inode)
        .collect(Collectors.toSet());
  }

  private static void startOld() throws IOException {
    old.listen();
  }

  /** One that is of the services; it is only known as such once it is connected. */
  private TestingClient own(String address, String line) throws IOException {
    for (int port = 20_000; port < 30_000; port++) {
      if (own.add(port)) {
        try {
          return TestingClient.from(port, address, PORT, line);
        } catch (java.net.BindException e) {
          own.remove(port);
        }
      }
    }
    throw new IOException("no port is free");
  }

  @Test
  void in_a_hold_they_reach_their_service_and_all_others_wait() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(OwnGuestsTest::startOld)) {
            gate.hold(1, LONG);
            List<TestingClient> others = new ArrayList<>();
            for (String address : OF_THIS_HOST) {
              others.add(new TestingClient(address, PORT, "other"));
              String from = address.contains(":") ? "0:0:0:0:0:0:0:1" : address;
              assertThat(own(address, "own").answer()).startsWith("old own " + from);
            }
            await(() -> gate.status().held() == others.size());
            assertThat(others).noneMatch(TestingClient::isAnswered);
            // From here on there is nobody whom they could reach.
            old.stop();
            gate.cutOff(1);
            gate.takeQueued(1);
            TestingClient late = own("127.0.0.1", "late");
            await(() -> gate.status().held() == others.size() + 1);
            gate.release(1, NEW, 0);
            for (TestingClient other : others) {
              assertThat(other.answer()).startsWith("new other");
            }
            assertThat(late.answer()).startsWith("new late");
            assertThat(gate.status().holds().getLast().connections())
                .as("who waited")
                .isEqualTo(others.size() + 1);
          }
          return null;
        });
  }

  @Test
  void h50_a_start_that_asks_its_own_port_ends_on_the_way_back() throws Exception {
    inside(
        () -> {
          TestingWayBack.Start start =
              () -> {
                try (TestingClient early = own("127.0.0.1", "early")) {
                  Thread.sleep(200); // before anybody listens
                  startOld();
                  assertThat(early.answer()).startsWith("old early 127.0.0.1");
                  assertThat(own("::1", "ready").answer()).startsWith("old ready");
                } catch (IOException e) {
                  throw e;
                } catch (Exception e) {
                  throw new IOException(e);
                }
              };
          try (Gate gate = gate(start)) {
            gate.hold(1, LONG);
            old.stop();
            gate.cutOff(1);
            TestingClient other = new TestingClient("127.0.0.1", PORT, "other");
            gate.back(1);
            assertThat(gate.mode()).isEqualTo(Mode.PASS);
            assertThat(other.answer()).startsWith("old other");
          }
          return null;
        });
  }

  @Test
  void what_is_led_elsewhere_are_others() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(OwnGuestsTest::startOld)) {
            gate.lead(2, NEW);
            for (String address : OF_THIS_HOST) {
              assertThat(TestingClient.ask(address, PORT, "other")).startsWith("new other");
              assertThat(own(address, "own").answer()).startsWith("old own");
            }
            gate.home(2, false);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "other")).startsWith("old other");
          }
          return null;
        });
  }

  @Test
  void h50_who_cannot_be_told_apart_waits_like_all_others() throws Exception {
    AtomicBoolean fails = new AtomicBoolean(true);
    WayBack wayBack =
        new TestingWayBack(
            () -> {},
            sockets -> {
              if (fails.getAndSet(false)) {
                throw new IllegalStateException("processes cannot be looked at");
              }
              return sockets;
            });
    inside(
        () -> {
          try (Gate gate = gate(WEB, wayBack)) {
            gate.hold(1, LONG);
            TestingClient first = new TestingClient("127.0.0.1", PORT, "first");
            await(() -> gate.status().held() == 1);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "second")).startsWith("old second");
            assertThat(first.isAnswered()).isFalse();
            gate.back(1);
            assertThat(first.answer()).startsWith("old first");
          }
          return null;
        });
  }

  @Test
  void localhost_is_where_the_service_listens() throws Exception {
    try (TestingServer four = TestingServer.start(namespace, "four", "127.0.0.1", 8081)) {
      inside(
          () -> {
            PortGroup group = new PortGroup("four", List.of(8081), ClientAddress.PLAIN);
            WayBack wayBack = new TestingWayBack(() -> {}, sockets -> sockets);
            try (Gate gate = gate(group, wayBack)) {
              gate.hold(1, LONG);
              assertThat(TestingClient.ask("::1", 8081, "own")).startsWith("four own 127.0.0.1");
              gate.back(1);
            }
            return null;
          });
      assertThat(four.served()).isEqualTo(1);
    }
  }
}
