package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingNginx;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.ladder.BeyondLookup;
import dev.godwit.forward.landing.Landing;
import dev.godwit.forward.landing.LandingOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The gate's promise, under load: nobody is refused, nobody is reset, nothing is asked twice. */
@Tag("lab")
final class GateLabTest {
  private static final int PORT = 8080;
  private static final PortGroup WEB = new PortGroup("web", List.of(PORT), ClientAddress.PLAIN);

  @TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.ON_SUCCESS)
  Path directory;

  private static InetSocketAddress at(String address) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(address), PORT);
  }

  @ParameterizedTest
  @EnumSource
  void h52_no_client_notices_100_holds_and_ways_back(TestingRung rung) throws Exception {
    try (TestingNamespace namespace = new TestingNamespace();
        TestingServer server = TestingServer.start(namespace, "old", "::", PORT)) {
      namespace.call(
          () -> {
            try (Gate gate = rung.capture(directory.resolve("gate"), List.of(WEB), () -> {}, 0);
                TestingLoad four = new TestingLoad(at("127.0.0.1"), 150, "four %d\n");
                TestingLoad six = new TestingLoad(at("::1"), 150, "six %d\n")) {
              for (int i = 0; i < 100; i++) {
                gate.hold(1, Duration.ofSeconds(5));
                Thread.sleep(10);
                gate.back(1);
                Thread.sleep(10);
              }
              four.close();
              six.close();
              System.out.println(rung + ", 100 cycles: " + four + "; " + six);
              assertThat(four.failures).isEmpty();
              assertThat(six.failures).isEmpty();
              assertThat(server.doubled()).isZero();
              assertThat(server.served()).isEqualTo(four.answered.get() + six.answered.get());
            }
            return null;
          });
    }
  }

  @Test
  void h52_no_client_notices_30_stops_and_starts() throws Exception {
    try (TestingNamespace namespace = new TestingNamespace();
        TestingServer server = TestingServer.start(namespace, "old", "::", PORT)) {
      namespace.call(
          () -> {
            AtomicInteger starts = new AtomicInteger();
            WayBack wayBack =
                () -> {
                  starts.incrementAndGet();
                  server.listen();
                  BeyondLookup.connect(
                          InetAddress.getByName("127.0.0.1"), PORT, Duration.ofSeconds(1))
                      .close();
                };
            int queued = 0;
            try (Gate gate = Gate.capture(directory, List.of(WEB), 1, wayBack, 0);
                TestingLoad four = new TestingLoad(at("127.0.0.1"), 150, "four %d\n");
                TestingLoad six = new TestingLoad(at("::1"), 150, "six %d\n")) {
              for (int i = 0; i < 30; i++) {
                gate.hold(1, Duration.ofSeconds(5));
                server.stop();
                queued += gate.takeQueued(1);
                Thread.sleep(20);
                gate.back(1);
                Thread.sleep(20);
              }
              four.close();
              six.close();
              System.out.println("30 stops: " + queued + " from queues; " + four + "; " + six);
              assertThat(four.failures).isEmpty();
              assertThat(six.failures).isEmpty();
              assertThat(server.doubled()).isZero();
              assertThat(starts).hasValue(30);
            }
            return null;
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void h52_no_client_of_nginx_notices_30_stops_and_starts(TestingRung rung) throws Exception {
    try (TestingNamespace namespace = new TestingNamespace();
        TestingNginx nginx = new TestingNginx(namespace, directory, "old")) {
      nginx.start();
      namespace.call(
          () -> {
            WayBack wayBack =
                () -> {
                  nginx.start();
                  BeyondLookup.connect(
                          InetAddress.getByName("127.0.0.1"), PORT, Duration.ofSeconds(1))
                      .close();
                };
            int queued = 0;
            try (Gate gate = rung.capture(directory.resolve("gate"), List.of(WEB), wayBack, 0);
                TestingLoad four = new TestingLoad(at("127.0.0.1"), 150, TestingNginx.REQUEST);
                TestingLoad six = new TestingLoad(at("::1"), 150, TestingNginx.REQUEST)) {
              for (int i = 0; i < 30; i++) {
                gate.hold(1, Duration.ofSeconds(5));
                nginx.quit();
                queued += gate.takeQueued(1);
                gate.back(1);
                Thread.sleep(20);
              }
              four.close();
              six.close();
              assertThat(gate.status().gapMillis()).isZero();
              System.out.println(
                  rung + ", 30 nginx: " + queued + " from queues; " + four + "; " + six);
              assertThat(four.failures).isEmpty();
              assertThat(six.failures).isEmpty();
            }
            return null;
          });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LOOKUP", "TAKEOVER_NFTABLES"})
  void what_stands_in_the_queues_of_all_workers_is_taken(TestingRung rung) throws Exception {
    try (TestingNamespace namespace = new TestingNamespace();
        TestingNginx nginx = TestingNginx.withSocketsForEach(namespace, directory, "old")) {
      nginx.start();
      namespace.call(
          () -> {
            List<TestingClient> clients = new ArrayList<>();
            try (Gate gate =
                rung.capture(directory.resolve("gate"), List.of(WEB), nginx::start, 0)) {
              nginx.freeze();
              for (int i = 0; i < 40; i++) {
                String address = i % 2 == 0 ? "127.0.0.1" : "::1";
                clients.add(new TestingClient(address, PORT, "GET / HTTP/1.0\r\n\r"));
              }
              gate.hold(1, Duration.ofSeconds(20));
              nginx.kill();
              assertThat(gate.takeQueued(1)).isEqualTo(40);
              gate.back(1);
              for (TestingClient client : clients) {
                assertThat(client.answer()).startsWith("HTTP/1.1 200 OK");
                client.close();
              }
            }
            return null;
          });
    }
  }

  /** Two for each family of addresses: who takes one alone loses those who stand in the other. */
  @ParameterizedTest
  @EnumSource
  void h52_no_client_of_nginx_with_a_socket_for_each_worker_notices(TestingRung rung)
      throws Exception {
    try (TestingNamespace namespace = new TestingNamespace();
        TestingNamespace elsewhere = new TestingNamespace();
        TestingNginx nginx =
            TestingNginx.withSocketsForEach(namespace, directory.resolve("old"), "old");
        TestingNginx after =
            TestingNginx.withSocketsForEach(elsewhere, directory.resolve("other"), "other")) {
      namespace.connectTo(elsewhere);
      nginx.start();
      after.start();
      assertThat(
              TestingNamespace.command(
                  namespace.inside("ss", "-Hltn", "sport", "=", ":" + PORT).toArray(String[]::new)))
          .hasLineCount(4);
      namespace.call(
          () -> {
            WayBack wayBack =
                () -> {
                  if (!nginx.isRunning()) {
                    nginx.start();
                  }
                };
            int queued = 0;
            try (Gate gate = rung.capture(directory.resolve("gate"), List.of(WEB), wayBack, 0);
                TestingLoad four = new TestingLoad(at("127.0.0.1"), 150, TestingNginx.REQUEST);
                TestingLoad six = new TestingLoad(at("::1"), 150, TestingNginx.REQUEST)) {
              for (int i = 0; i < 5; i++) {
                gate.hold(1, Duration.ofSeconds(5));
                assertThat(gate.status().groups().getFirst().duplicates())
                    .isEqualTo(rung.rung.takesOver() ? 4 : 0);
                Thread.sleep(10);
                gate.back(1);
                Thread.sleep(10);
              }
              for (int i = 0; i < 5; i++) {
                gate.hold(1, Duration.ofSeconds(5));
                nginx.quit();
                queued += gate.takeQueued(1);
                gate.back(1);
                Thread.sleep(20);
              }
              gate.hold(1, Duration.ofSeconds(5));
              nginx.quit();
              queued += gate.takeQueued(1);
              gate.release(1, Destination.direct(InetAddress.getByName("10.9.0.2")), 0);
              Thread.sleep(200);
              gate.hold(1, Duration.ofSeconds(5));
              gate.back(1);
              four.assertStillComing();
              six.assertStillComing();
              four.close();
              six.close();
              System.out.println(
                  rung + ", sockets for each: " + queued + " from queues; " + four + "; " + six);
              assertThat(four.failures).isEmpty();
              assertThat(six.failures).isEmpty();
              assertThat(after.log()).as("who was released").isNotEmpty();
              assertThat(gate.status().gapMillis()).isZero();
            }
            return null;
          });
    }
  }

  @Test
  void clients_of_one_nginx_are_carried_to_another_with_their_addresses() throws Exception {
    PortGroup kept = new PortGroup("kept", List.of(PORT), ClientAddress.TRANSPARENT);
    PortGroup line = new PortGroup("line", List.of(8081), ClientAddress.PROXY_V1);
    PortGroup binary = new PortGroup("binary", List.of(8082), ClientAddress.PROXY_V2);
    List<PortGroup> groups = List.of(kept, line, binary);
    try (TestingNamespace clients = new TestingNamespace();
        TestingNamespace old = new TestingNamespace();
        TestingNamespace fresh = new TestingNamespace();
        TestingNginx before = new TestingNginx(old, directory.resolve("old"), "old");
        TestingNginx after = new TestingNginx(fresh, directory.resolve("new"), "new")) {
      old.connectTo(clients, 8);
      old.connectTo(fresh, 9);
      before.start();
      after.start();
      Landing landing =
          fresh.call(
              () ->
                  Landing.start(
                      directory.resolve("l/move"),
                      new LandingOptions(
                          InetAddress.getByName("10.9.0.2"),
                          0,
                          List.of(InetAddress.getByName("10.9.0.1")),
                          groups)));
      Destination destination =
          new Destination(InetAddress.getByName("10.9.0.2"), landing.port(), landing.token());
      old.call(
          () -> {
            try (Gate gate = Gate.capture(directory.resolve("g/move"), groups, 1, () -> {}, 0)) {
              List<TestingLoad> loads =
                  clients.call(
                      () ->
                          List.of(
                              new TestingLoad(at("10.8.0.1"), 80, TestingNginx.REQUEST),
                              new TestingLoad(at("fd08::1"), 80, TestingNginx.REQUEST),
                              new TestingLoad(
                                  new InetSocketAddress(InetAddress.getByName("10.8.0.1"), 8081),
                                  70,
                                  TestingNginx.REQUEST),
                              new TestingLoad(
                                  new InetSocketAddress(InetAddress.getByName("fd08::1"), 8082),
                                  70,
                                  TestingNginx.REQUEST)));
              Thread.sleep(500);
              long start = System.nanoTime();
              gate.hold(1, Duration.ofSeconds(5));
              List<Busy> busy = gate.awaitQuiet(Duration.ofMillis(500), 20);
              before.quit();
              int queued = gate.takeQueued(1);
              gate.release(1, destination, 0);
              System.out.println(
                  "hold of "
                      + (System.nanoTime() - start) / 1000
                      + " us, "
                      + queued
                      + " queued, "
                      + busy);
              Thread.sleep(1500);
              for (TestingLoad load : loads) {
                load.close();
                System.out.println("one nginx to another: " + load);
                assertThat(load.failures).isEmpty();
                assertThat(load.answered.get()).isGreaterThan(50);
              }
              System.out.println(gate.status().holds() + " " + landing.status());
            }
            return null;
          });
      fresh.call(
          () -> {
            landing.close();
            return null;
          });
      List<String> log = after.log();
      assertThat(log).hasSizeGreaterThan(200);
      assertThat(log).allMatch(l -> l.matches("80(80|81) 10.8.0.2 .*|80(80|82) fd08::2 .*"));
    }
  }
}
