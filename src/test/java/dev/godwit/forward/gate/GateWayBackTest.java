package dev.godwit.forward.gate;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.GateException;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.host.FencedException;
import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** How a hold ends that nobody releases; on each rung that loses nobody. */
@ParameterizedClass
@EnumSource(
    value = TestingRung.class,
    names = {"LOOKUP", "TAKEOVER_NFTABLES", "REDIRECTION_IPTABLES"})
@Timeout(TestingPatience.TEST_SECONDS)
final class GateWayBackTest extends TestingGate {
  private static final int MAIL = 8025;

  GateWayBackTest(TestingRung rung) {
    super(rung);
  }

  /** What listens then has another host's or place's files. */
  @Test
  void h56_a_way_back_whose_services_may_not_serve_gives_them_no_client() throws Exception {
    inside(
        () -> {
          WayBack wrongPlace =
              new WayBack() {
                @Override
                public void startServices() throws IOException {
                  throw new IOException("pointed elsewhere");
                }

                @Override
                public boolean mayServe() {
                  return false;
                }
              };
          try (Gate gate = gate(wrongPlace)) {
            gate.hold(1, LONG);
            try (TestingClient client = new TestingClient("127.0.0.1", PORT, "patient")) {
              assertThatThrownBy(() -> gate.back(1)).hasMessageContaining("pointed elsewhere");
              assertThat(gate.status().mode()).isEqualTo(Mode.GOING_BACK);
              assertThatThrownBy(client::answer).hasRootCauseInstanceOf(SocketException.class);
            }
            gate.end(1, true);
          }
          return null;
        });
  }

  @Test
  void h50_a_lease_that_ends_leads_back_to_old() throws Exception {
    inside(
        () -> {
          AtomicInteger starts = new AtomicInteger();
          try (Gate gate = gate(restart(starts))) {
            // Rules are put up by programs, which take their time on a busy machine.
            gate.hold(1, Duration.ofSeconds(rung.rung.redirects() ? 8 : 1));
            TestingClient client = new TestingClient("127.0.0.1", PORT, "waiting");
            old.stop();
            gate.takeQueued(1);
            // From here on the controller is gone.
            assertThat(answer(client, gate)).startsWith("old waiting 127.103.0.1");
            assertThat(starts).hasValue(1);
            await(() -> gate.status().mode() == Mode.PASS); // a moment after the first answer
            assertThat(gate.status().holds().getFirst().ended()).isEqualTo("expired, the way back");
            assertThatThrownBy(() -> gate.release(1, NEW, 0)).isInstanceOf(GateException.class);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "n")).startsWith("old n 127.0.0.1");
          }
          return null;
        });
  }

  /** A host that sleeps has its monotonic clock sleep with it. */
  @Test
  void h84_a_hold_that_the_host_slept_through_is_over() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(restart(new AtomicInteger()))) {
            gate.hold(1, Duration.ofSeconds(60));
            TestingClient client = new TestingClient("127.0.0.1", PORT, "waiting");
            old.stop();
            gate.takeQueued(1);
            gate.clock = () -> CoarseClock.sinceBootNanos() + Duration.ofSeconds(60).toNanos();
            assertThatThrownBy(() -> gate.release(1, NEW, 0)).isInstanceOf(GateException.class);
            assertThat(answer(client, gate)).startsWith("old waiting 127.103.0.1");
            await(() -> gate.status().mode() == Mode.PASS);
            assertThat(gate.status().holds().getFirst().ended()).isEqualTo("expired, the way back");
          }
          return null;
        });
  }

  /**
   * A program that is started at this moment, such as the packet filter's tool, has a copy of each
   * of our descriptors until it is loaded.
   */
  @Test
  void h50_a_copy_that_a_starting_program_has_keeps_no_service_from_its_port() throws Exception {
    assumeTrue(rung.rung.takesOver());
    inside(
        () -> {
          try (Gate gate = gate(restart(new AtomicInteger()))) {
            gate.hold(1, LONG);
            TestingClient client = new TestingClient("127.0.0.1", PORT, "waiting");
            old.stop();
            gate.takeQueued(1);
            int copy = duplicates().getFirst().duplicate();
            Thread program =
                Thread.ofPlatform()
                    .start(
                        () -> {
                          sleep(300);
                          Sockets.close(copy);
                        });
            gate.back(1);
            assertThat(answer(client, gate)).startsWith("old waiting 127.103.0.1");
            program.join();
          }
          return null;
        });
  }

  @Test
  void h50_a_queue_that_cannot_be_emptied_keeps_no_service_down() throws Exception {
    assumeTrue(rung.rung.takesOver());
    inside(
        () -> {
          AtomicInteger starts = new AtomicInteger();
          try (Gate gate = gate(restart(starts))) {
            List<java.io.InputStream> lower = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
              lower.add(java.nio.file.Files.newInputStream(Path.of("/dev/null")));
            }
            gate.hold(1, LONG);
            TestingClient client = new TestingClient("127.0.0.1", PORT, "waiting");
            old.stop();
            int copy = duplicates().getFirst().holders().getFirst().fd();
            for (java.io.InputStream one : lower) {
              one.close(); // what is opened from now on does not get the copy's number
            }
            Sockets.close(copy);
            gate.back(1);
            assertThat(answer(client, gate)).startsWith("old waiting 127.103.0.1");
            assertThat(starts).hasValue(1);
          }
          return null;
        });
  }

  /** Of a service that has stopped. */
  private static List<ServiceListener> duplicates() throws IOException {
    return ServiceListener.find(List.of(PORT), List.of());
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void h50_release_and_lease_exclude_each_other() throws Exception {
    inside(
        () -> {
          int released = 0;
          int expired = 0;
          AtomicInteger starts = new AtomicInteger();
          for (int i = 0; i < 12; i++) {
            try (Gate gate = gate(restart(starts))) {
              int before = starts.get();
              // Long enough for the switch itself on a busy machine.
              gate.hold(1, Duration.ofMillis(300));
              TestingClient client = new TestingClient("127.0.0.1", PORT, "race" + i);
              Thread.sleep(270 + 5 * (i % 9));
              boolean won;
              try {
                gate.release(1, NEW, 0);
                won = true;
              } catch (GateException e) {
                assertThat(e.kind())
                    .isIn(GateException.Kind.EXPIRED, GateException.Kind.WRONG_MODE);
                won = false;
              }
              assertThat(client.answer()).startsWith((won ? "new" : "old") + " race" + i);
              await(() -> gate.mode() == Mode.PASS || gate.mode() == Mode.RELEASED);
              assertThat(gate.mode()).isEqualTo(won ? Mode.RELEASED : Mode.PASS);
              assertThat(starts.get() - before).isEqualTo(won ? 0 : 1);
              released += won ? 1 : 0;
              expired += won ? 0 : 1;
            }
          }
          System.out.println("released " + released + ", expired " + expired);
          return null;
        });
  }

  @Test
  void h50_a_hold_after_a_release_never_leads_back_to_old_by_itself() throws Exception {
    inside(
        () -> {
          AtomicInteger starts = new AtomicInteger();
          try (Gate gate = gate(restart(starts))) {
            gate.hold(1, LONG);
            old.stop();
            gate.takeQueued(1);
            gate.release(1, NEW, 0);
            gate.hold(1, Duration.ofMillis(200));
            try (TestingClient client = new TestingClient("127.0.0.1", PORT, "again")) {
              assertThat(client.answer()).startsWith("new again");
            }
            assertThat(gate.mode()).isEqualTo(Mode.RELEASED);
            assertThat(starts).hasValue(0);
            gate.hold(1, LONG);
            TestingClient client = new TestingClient("127.0.0.1", PORT, "home");
            gate.back(1);
            assertThat(client.answer()).startsWith("old home");
            assertThat(starts).hasValue(1);
          }
          return null;
        });
  }

  @Test
  void a_way_back_that_fails_keeps_the_clients_waiting() throws Exception {
    inside(
        () -> {
          AtomicInteger attempts = new AtomicInteger();
          AtomicInteger starts = new AtomicInteger();
          WayBack second =
              () -> {
                if (attempts.incrementAndGet() < 2) {
                  throw new IOException("the unit is broken");
                }
                restart(starts).startServices();
              };
          try (Gate gate = gate(second)) {
            gate.hold(1, LONG);
            old.stop();
            TestingClient client = new TestingClient("127.0.0.1", PORT, "patient");
            Thread back = Thread.ofPlatform().daemon().start(() -> quietly(() -> gate.back(1)));
            await(() -> gate.status().wayBack().contains("the unit is broken"));
            assertThat(gate.status().mode()).isEqualTo(Mode.GOING_BACK);
            assertThat(client.isAnswered()).isFalse();
            assertThat(client.answer()).startsWith("old patient");
            back.join();
            gate.back(1); // again changes nothing
            assertThat(gate.status().wayBack()).isEmpty();
            assertThat(starts).hasValue(1);
          }
          return null;
        });
  }

  /** As the one of five whose configuration was edited weeks ago. */
  @Test
  void h50_a_service_that_does_not_start_again_keeps_nobody_from_the_others() throws Exception {
    PortGroup mail = new PortGroup("mail", List.of(MAIL), ClientAddress.PLAIN);
    AtomicBoolean broken = new AtomicBoolean(true);
    AtomicInteger starts = new AtomicInteger();
    try (TestingServer second = TestingServer.start(namespace, "mail", "::", MAIL)) {
      WayBack wayBack =
          () -> {
            restart(starts).startServices();
            if (broken.get()) {
              throw new IOException("mail is broken");
            }
            try {
              second.listen();
            } catch (IOException e) {
              if (!String.valueOf(e.getMessage()).contains("in use")) {
                throw e;
              }
            }
          };
      inside(
          () -> {
            try (Gate gate = rung.capture(directory, List.of(WEB, mail), wayBack, 0)) {
              gate.hold(1, LONG);
              TestingClient waiting = new TestingClient("127.0.0.1", PORT, "waiting");
              TestingClient other = new TestingClient("127.0.0.1", MAIL, "other");
              old.stop();
              second.stop();
              gate.takeQueued(1);
              gate.back(1);
              assertThat(gate.mode()).isEqualTo(Mode.PASS);
              assertThat(answer(waiting, gate)).startsWith("old waiting");
              assertThat(TestingClient.ask("127.0.0.1", PORT, "n")).startsWith("old n 127.0.0.1");
              assertThatThrownBy(() -> TestingClient.ask("127.0.0.1", MAIL, "m"))
                  .isInstanceOf(ConnectException.class);
              assertThatThrownBy(other::answer).hasRootCauseInstanceOf(SocketException.class);
              await(() -> gate.status().wayBack().contains("mail is broken"));
              assertThat(gate.status().summary()).contains("not all services", "mail is broken");
              broken.set(false); // a person mends it, and nobody tells the gate
              await(() -> gate.status().wayBack().isEmpty());
              assertThat(TestingClient.ask("127.0.0.1", MAIL, "m")).startsWith("mail m 127.0.0.1");
              assertThat(TestingClient.ask("127.0.0.1", PORT, "l")).startsWith("old l 127.0.0.1");
            }
            return null;
          });
    }
  }

  /** Its services have to start, and there it can be mended. */
  @Test
  void h50_a_disk_that_takes_no_epoch_keeps_nobody_from_the_services() throws Exception {
    inside(
        () -> {
          AtomicInteger starts = new AtomicInteger();
          try (Gate gate = gate(restart(starts))) {
            gate.hold(2, LONG);
            TestingClient client = new TestingClient("127.0.0.1", PORT, "waiting");
            old.stop();
            gate.takeQueued(2);
            Files.delete(directory.resolve("epoch.lock"));
            Files.createDirectory(directory.resolve("epoch.lock"));
            assertThatThrownBy(() -> gate.back(1)).isInstanceOf(FencedException.class);
            gate.back(3);
            assertThat(answer(client, gate)).startsWith("old waiting");
            Files.delete(directory.resolve("epoch.lock"));
          }
          return null;
        });
  }

  /** The stop of the next attempt would not be the last word. */
  @Test
  void h56_nothing_is_started_any_more_when_the_next_attempt_has_begun() throws Exception {
    PortGroup mail = new PortGroup("mail", List.of(MAIL), ClientAddress.PLAIN);
    AtomicInteger starts = new AtomicInteger();
    CountDownLatch slow = new CountDownLatch(1);
    WayBack wayBack =
        new WayBack() {
          @Override
          public void startServices() throws IOException, InterruptedException {
            restart(starts).startServices();
            slow.await();
            throw new IOException("mail is broken");
          }

          @Override
          public Duration patience() {
            return Duration.ZERO;
          }
        };
    TestingServer second = TestingServer.start(namespace, "mail", "::", MAIL);
    try (second) {
      inside(
          () -> {
            try (Gate gate = rung.capture(directory, List.of(WEB, mail), wayBack, 0)) {
              gate.hold(1, LONG);
              TestingClient waiting = new TestingClient("127.0.0.1", PORT, "waiting");
              old.stop();
              second.stop();
              gate.takeQueued(1);
              gate.back(1);
              assertThat(answer(waiting, gate)).as("others are slow").startsWith("old waiting");
              waiting.close();
              await(() -> gate.status().open() == 0);
              assertThatThrownBy(() -> gate.renew(List.of(WEB, mail), 2, wayBack, true))
                  .hasMessageContaining("still being started");
              assertThatThrownBy(() -> gate.end(2, false))
                  .hasMessageContaining("still being started");
              slow.countDown();
              await(() -> gate.status().wayBack().contains("mail is broken"));
              int before = starts.get();
              assertThat(gate.renew(List.of(WEB, mail), 2, wayBack, false)).isTrue();
              assertThat(gate.status().wayBack()).isEmpty();
              Thread.sleep(Gate.AGAIN.plusSeconds(1));
              assertThat(starts).hasValue(before);
            }
            return null;
          });
    }
  }

  private interface Action {
    void run() throws Exception;
  }

  private static void quietly(Action action) {
    try {
      action.run();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
