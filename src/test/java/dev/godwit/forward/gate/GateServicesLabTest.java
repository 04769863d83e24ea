package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingService;
import dev.godwit.forward.ladder.Rung;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real servers behind a gate, on every rung: switched, and stopped and started, while clients come
 * and others stay. {@code -Dgodwit.gate.switches=100 -Dgodwit.gate.stops=30} for a longer one,
 * {@code -Dgodwit.gate.clients=N} for so many a second by each family of addresses, {@code
 * -Dgodwit.gate.rungs=LOOKUP} for some rungs alone.
 */
@Tag("lab")
@Tag("proof")
@ParameterizedClass
@EnumSource(TestingService.Kind.class)
@Timeout(900)
final class GateServicesLabTest {
  private static final int SWITCHES = Integer.getInteger("godwit.gate.switches", 8);
  private static final int STOPS = Integer.getInteger("godwit.gate.stops", 2);
  private static final int LAST_RUNG_STOPS = 4 * STOPS;
  private static final int SESSIONS = 3;

  /** As many as could come in the longest hold, which none of these lasts for. */
  private static final int PLACES = 50_000;

  @TempDir private Path directory;
  private final TestingService.Kind kind;
  private TestingNamespace namespace;
  private TestingService service;

  GateServicesLabTest(TestingService.Kind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void start() throws Exception {
    // Servers work as users of their own.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    namespace = new TestingNamespace();
    service = kind.prepare(namespace, Files.createDirectory(directory.resolve("service")));
    namespace.call(
        () -> {
          service.start();
          return null;
        });
  }

  @AfterEach
  void end() throws Exception {
    service.close();
    namespace.close();
  }

  /**
   * @param name with a number, of each request
   */
  private TestingLoad load(String address, String name) throws Exception {
    return new TestingLoad(
        new InetSocketAddress(InetAddress.getByName(address), TestingService.PORT),
        Integer.getInteger("godwit.gate.clients", kind.perSecond),
        kind.request.replace("%d", name + "-%d"),
        kind.proof);
  }

  /** Clients of the service itself, of both families of addresses. */
  private List<TestingService.Session> sessions() throws Exception {
    List<TestingService.Session> sessions = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      sessions.add(service.session(i % 2 == 0 ? "127.0.0.1" : "::1"));
    }
    return sessions;
  }

  private static void askAll(List<TestingService.Session> sessions) throws Exception {
    for (TestingService.Session session : sessions) {
      session.ask();
    }
  }

  private static void close(List<TestingService.Session> sessions) throws Exception {
    for (TestingService.Session session : sessions) {
      session.close();
    }
  }

  /** Whom a gate relays it cuts off at its end, and nobody else. */
  private static void awaitNobodyRelayed(Gate gate) throws Exception {
    TestingPatience.await("the end of what it relays", () -> gate.status().open() == 0);
  }

  /** Each request that was answered was carried out, and none twice. */
  private void assertCarriedOutOnce(int answered) throws Exception {
    if (kind == TestingService.Kind.NGINX || kind == TestingService.Kind.POSTFIX) {
      service.stop(); // all is written down then
      List<String> carriedOut = service.carriedOut();
      assertThat(carriedOut).doesNotHaveDuplicates().hasSize(answered);
    }
  }

  /** A service that stops cuts off whom it is just serving; the gate has nothing to do with it. */
  private static void awaitServed(Gate gate) throws Exception {
    TestingPatience.await(
        () -> "nobody who is served: " + gate.busy(0),
        () -> gate.busy(0).stream().noneMatch(port -> port.open() > 0));
  }

  static Stream<TestingRung> rungs() {
    String some = System.getProperty("godwit.gate.rungs");
    return some == null
        ? Stream.of(TestingRung.values())
        : Stream.of(some.split(",")).map(TestingRung::valueOf);
  }

  @ParameterizedTest
  @MethodSource("rungs")
  void h52_no_client_notices_switches_or_stops(TestingRung rung) throws Exception {
    PortGroup group = new PortGroup("service", List.of(TestingService.PORT), ClientAddress.PLAIN);
    Path state = directory.resolve("gate");
    namespace.call(
        () -> {
          List<TestingService.Session> before = sessions();
          List<TestingService.Session> meanwhile = List.of();
          long[] inForce = new long[SWITCHES];
          List<String> steps = new ArrayList<>();
          int queued = 0;
          try (TestingLoad four = load("127.0.0.1", "four");
              TestingLoad six = load("::1", "six")) {
            try (Gate gate = rung.capture(state, List.of(group), service::start, PLACES)) {
              meanwhile = sessions();
              for (int i = 0; i < SWITCHES; i++) {
                long began = System.nanoTime();
                gate.hold(1, Duration.ofSeconds(20));
                inForce[i] = System.nanoTime() - began;
                Thread.sleep(10);
                before.get(i % SESSIONS).ask();
                meanwhile.get(i % SESSIONS).ask();
                gate.back(1);
                Thread.sleep(10);
              }
              askAll(before);
              askAll(meanwhile);
              awaitNobodyRelayed(gate);
              assertThat(gate.status().groups().getFirst().refused()).isZero();
            }
            askAll(before); // the gate's end has touched none of them
            askAll(meanwhile);
            close(before);
            close(meanwhile);
            try (Gate gate = rung.capture(state, List.of(group), service::start, PLACES)) {
              for (int i = 0; i < STOPS; i++) {
                long hold = System.nanoTime();
                gate.hold(1, Duration.ofSeconds(30));
                awaitServed(gate);
                long stop = System.nanoTime();
                service.stop();
                queued += gate.takeQueued(1);
                Thread.sleep(20);
                long back = System.nanoTime();
                gate.back(1);
                steps.add(
                    "hold %d, stop %d, back %d to %d"
                        .formatted(
                            four.at(hold),
                            four.at(stop),
                            four.at(back),
                            four.at(System.nanoTime())));
                Thread.sleep(100);
              }
              four.assertStillComing();
              six.assertStillComing();
              four.close();
              six.close();
              assertThat(gate.status().gapMillis()).isZero();
              assertThat(gate.status().groups().getFirst().refused()).isZero();
            }
            Arrays.sort(inForce);
            System.out.printf(
                "%s, %s, %d switches, in force after p50 %.2f, p99 %.2f ms, %d stops: %d from"
                    + " queues; %s; %s%n",
                kind,
                rung,
                SWITCHES,
                inForce[SWITCHES / 2] / 1e6,
                inForce[SWITCHES * 99 / 100] / 1e6,
                STOPS,
                queued,
                four,
                six);
            assertThat(four.failures).as("%s in ms, %s", four.failureTimes, steps).isEmpty();
            assertThat(six.failures).as("%s in ms, %s", six.failureTimes, steps).isEmpty();
            // How many come a second is the machine's; that there were some for each is the test's.
            assertThat(four.came.get()).isGreaterThanOrEqualTo(SWITCHES + STOPS);
            assertThat(six.came.get()).isGreaterThanOrEqualTo(SWITCHES + STOPS);
            assertCarriedOutOnce(four.answered.get() + six.answered.get());
          } finally {
            close(before);
            close(meanwhile);
          }
          return null;
        });
  }

  private Gate captureLast(PortGroup group) throws Exception {
    return Gate.capture(
        directory.resolve("gate"),
        List.of(group),
        1,
        service::start,
        PLACES,
        Rung.LISTENING,
        ReleaseRecord.Keeper.NONE,
        true);
  }

  /**
   * Where it cannot be helped: for as long as anybody was refused, no less is told. Who stood in
   * the service's queue when it stopped is lost there too, and is no refusal.
   */
  @Test
  void the_last_rung_tells_for_how_long_clients_were_refused() throws Exception {
    PortGroup group = new PortGroup("service", List.of(TestingService.PORT), ClientAddress.PLAIN);
    namespace.call(
        () -> {
          List<TestingService.Session> own = sessions();
          try (Gate gate = captureLast(group)) {
            gate.hold(1, Duration.ofSeconds(30));
            askAll(own);
            gate.back(1);
          }
          askAll(own); // its end has touched none of them
          close(own);
          try (Gate gate = captureLast(group);
              TestingLoad four = load("127.0.0.1", "four");
              TestingLoad six = load("::1", "six")) {
            for (int i = 0; i < LAST_RUNG_STOPS; i++) {
              gate.hold(1, Duration.ofSeconds(30));
              long stop = System.nanoTime();
              long before = gate.status().gapMillis();
              service.stop();
              gate.takeQueued(1);
              long atStop = gate.status().gapMillis() - before;
              Thread.sleep(20);
              long back = System.nanoTime();
              gate.back(1);
              long atStart = gate.status().gapMillis() - before - atStop;
              Thread.sleep(100);
              for (TestingLoad load : List.of(four, six)) {
                // what is told is in whole milliseconds
                assertThat(load.refusedMillis(stop, back)).isLessThanOrEqualTo((double) atStop + 1);
                assertThat(load.refusedMillis(back, System.nanoTime()))
                    .isLessThanOrEqualTo((double) atStart + 1);
              }
            }
            four.assertStillComing();
            six.assertStillComing();
            four.close();
            six.close();
            GateStatus status = gate.status();
            System.out.printf(
                "%s, the last rung, %d stops: told %d ms, refused %d; %s; %s%n",
                kind,
                LAST_RUNG_STOPS,
                status.gapMillis(),
                four.refusals.size() + six.refusals.size(),
                four,
                six);
            assertThat(status.gapMillis()).as("no server starts in no time").isPositive();
            assertThat(status.summary())
                .contains("nobody listened for " + status.gapMillis() + " ms in all");
            assertThat(status.way()).isEqualTo(Rung.LISTENING.display());
            assertThat(status.groups().getFirst().total()).isPositive();
          }
          return null;
        });
  }
}
