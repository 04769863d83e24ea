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
import dev.godwit.forward.TestingLongConnections;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.ladder.BeyondLookup;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.host.FencedException;
import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.Sockets;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The gate's modes and what ends them, on each rung that loses nobody; old and new are two servers
 * in two namespaces.
 */
@ParameterizedClass
@EnumSource(
    value = TestingRung.class,
    names = {"LOOKUP", "TAKEOVER_NFTABLES", "REDIRECTION_IPTABLES"})
@Timeout(TestingPatience.TEST_SECONDS)
final class GateTest extends TestingTwoHosts {
  private static final int MAIL = 8025;
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path parent;
  private final TestingRung rung;
  private Path directory;

  GateTest(TestingRung rung) {
    this.rung = rung;
  }

  @BeforeEach
  void oldServes() throws Exception {
    directory = parent.resolve("move");
    old.stop();
    old.listen();
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(TestingNamespace.command("ip", "netns", "exec", namespace.name, "ss", "-Hltn"))
        .doesNotContain("ffff:127.0.0.1");
    assertThat(TestingRung.rules(namespace)).doesNotContain("godwit").doesNotContain("8080");
    Leftovers.of(directory, false); // notes of gates that live are left alone
  }

  private void inside(Callable<Void> body) throws Exception {
    namespace.call(body);
  }

  private Gate gate(WayBack wayBack) throws Exception {
    return rung.capture(directory, List.of(WEB), wayBack, 0);
  }

  private static WayBack restart(AtomicInteger count) {
    return () -> {
      count.incrementAndGet();
      try {
        old.listen();
      } catch (IOException e) {
        if (!String.valueOf(e.getMessage()).contains("in use")) {
          throw e;
        }
      }
      for (String address : List.of("127.0.0.1", "::1")) {
        BeyondLookup.connect(InetAddress.getByName(address), PORT, LONG).close();
      }
    };
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

  /** With what the gate knows of it, when there is none. */
  private static String answer(TestingClient client, Gate gate) throws Exception {
    try {
      return client.answer();
    } catch (ExecutionException e) {
      throw new AssertionError("no answer: " + gate.status(), e);
    }
  }

  /** As a firewall does that is loaded again in the hold. */
  @Test
  void h50_the_way_back_does_not_need_the_rules_that_somebody_has_removed() throws Exception {
    assumeTrue(rung.rung.redirects());
    inside(
        () -> {
          AtomicInteger starts = new AtomicInteger();
          try (Gate gate = gate(restart(starts))) {
            gate.hold(1, LONG);
            old.stop();
            gate.takeQueued(1);
            flushFilter();
            gate.back(1);
            assertThat(starts).hasValue(1);
            assertThat(gate.mode()).isEqualTo(Mode.PASS);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "n")).startsWith("old n 127.0.0.1");
          }
          return null;
        });
  }

  /**
   * What the hold fails for may fail the steps that undo it too: here a table of the packet filter
   * that nobody else may change, in the place of the gate's own.
   */
  @Test
  void h50_a_hold_that_could_not_be_made_is_undone_as_far_as_can_be() throws Exception {
    AtomicInteger records = new AtomicInteger();
    inside(
        () -> {
          try (Gate gate = rung.capture(directory, List.of(WEB), () -> {}, 0, counting(records))) {
            Path next = directory.resolve("passage.next");
            Files.createDirectory(next); // the landing cannot be told what is taken here
            boolean isOwned = rung == TestingRung.TAKEOVER_NFTABLES;
            if (isOwned) {
              flushFilter();
            }
            // The switch comes before the landing is told.
            String first = isOwned ? "godwit_gate_8080" : "passage.next";
            Process owner = ownerOfTheTable();
            try (java.io.Writer commands = owner.outputWriter()) {
              commands.write("add table ip godwit_gate_8080 { flags owner; }\n");
              commands.flush();
              await(() -> TestingRung.rules(namespace).contains("flags owner"));
              assertThatThrownBy(() -> gate.hold(1, LONG)).hasMessageContaining(first);
              assertThat(gate.mode()).isEqualTo(Mode.PASS);
              assertThat(records).as("the record of a hold").hasValue(0);
              assertThat(TestingClient.ask("127.0.0.1", PORT, "a")).startsWith("old a 127.0.0.1");
              old.stop();
              old.listen(); // no copy of ours keeps the port bound
            }
            assertThat(owner.waitFor()).isZero();
            Files.delete(next);
            if (rung != TestingRung.TAKEOVER_NFTABLES) {
              gate.hold(1, LONG);
              TestingClient client = new TestingClient("127.0.0.1", PORT, "later");
              gate.release(1, NEW, 0);
              assertThat(client.answer()).startsWith("new later");
            }
          }
          return null;
        });
  }

  /** It writes what it was told to its user's home directory. */
  private Process ownerOfTheTable() throws IOException {
    ProcessBuilder nft =
        new ProcessBuilder(namespace.inside("nft", "-i")).redirectErrorStream(true);
    nft.environment().put("HOME", parent.toString());
    return nft.start();
  }

  /** How many records of a hold or a release there are. */
  private static ReleaseRecord.Keeper counting(AtomicInteger records) {
    return new ReleaseRecord.Keeper() {
      @Override
      public void held(long epoch) {
        records.set(1);
      }

      @Override
      public void released(long epoch, Destination to) {
        records.set(1);
      }

      @Override
      public void returned() {
        records.set(0);
      }
    };
  }

  /** As a firewall does that is loaded again. */
  private static void flushFilter() throws Exception {
    String remove =
        "for t in iptables ip6tables; do $t -t nat -F; $t -t nat -X; done; nft flush ruleset";
    TestingNamespace.command(namespace.inside("sh", "-c", remove).toArray(String[]::new));
  }

  /** After a release the services here are down: who is not redirected is refused. */
  @Test
  void h50_rules_that_somebody_has_removed_are_put_up_again() throws Exception {
    assumeTrue(rung.rung.redirects());
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            flushFilter();
            gate.hold(1, Gate.HOLD_MAX);
            assertThat(gate.status().way()).contains("put up again");
            old.stop();
            gate.takeQueued(1);
            flushFilter();
            await(() -> gate.status().way().matches(".*put up again [2-9] times.*"));
            TestingClient client = redirected("waits");
            gate.release(1, NEW, 0);
            assertThat(client.answer()).startsWith("new waits");
            flushFilter();
            await(() -> gate.status().way().matches(".*put up again [3-9] times.*"));
            assertThat(redirected("later").answer()).startsWith("new later");
          }
          return null;
        });
  }

  /** The rules may have come back in the middle of what removes them, and gone again. */
  private static TestingClient redirected(String line) throws Exception {
    List<TestingClient> made = new ArrayList<>();
    await(
        () -> {
          try {
            made.add(new TestingClient("127.0.0.1", PORT, line));
          } catch (ConnectException e) {
            return false;
          }
          return true;
        });
    return made.getFirst();
  }

  @Test
  void h50_home_does_not_need_the_rules_that_somebody_has_removed() throws Exception {
    assumeTrue(rung.rung.redirects());
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(1, LONG);
            gate.release(1, NEW, 0);
            flushFilter();
            gate.home(1, false);
            assertThat(gate.mode()).isEqualTo(Mode.PASS);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "n")).startsWith("old n 127.0.0.1");
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
  void h54_what_the_service_itself_has_open_is_counted_by_the_kernel() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            awaitNobodyServed(gate);
            java.net.Socket busy = new java.net.Socket("127.0.0.1", PORT);
            // one that is accepted while it is counted counts twice
            await(() -> gate.busy(5000).equals(List.of(new Busy(PORT, 1, 1))));
            gate.hold(1, LONG);
            TestingClient held = new TestingClient("127.0.0.1", PORT, "held");
            await(() -> gate.status().held() == 1);
            assertThat(gate.awaitQuiet(Duration.ofSeconds(5), 50))
                .containsExactly(new Busy(PORT, 1, 0));
            busy.close();
            await(() -> gate.busy(50).getFirst().open() == 0);
            gate.back(1);
            assertThat(held.answer()).startsWith("old held");
          }
          return null;
        });
  }

  private static void awaitNobodyServed(Gate gate) throws Exception {
    await(() -> gate.busy(0).equals(List.of(new Busy(PORT, 0, 0))));
  }

  /** With all whom it still serves. */
  private static void stopOld() throws Exception {
    old.stop();
    await(
        () ->
            SocketDiagnostics.sockets(
                    PORT, SocketDiagnostics.ESTABLISHED, SocketDiagnostics.CLOSE_WAIT)
                .isEmpty());
  }

  /** It is silent for longer than between two parts of an answer, and cut off nobody is. */
  @Test
  void h54_a_service_that_thinks_before_it_answers_or_greets_is_at_work() throws Exception {
    inside(
        () -> {
          stopOld();
          try (ServerSocket service = listen();
              Gate gate = gate(() -> {});
              java.net.Socket silent = new java.net.Socket("127.0.0.1", PORT);
              java.net.Socket silentThere = service.accept();
              java.net.Socket asking = new java.net.Socket("::1", PORT);
              java.net.Socket askingThere = service.accept()) {
            gate.hold(1, LONG);
            asking.getOutputStream().write(1);
            assertThat(askingThere.getInputStream().read()).isEqualTo(1);
            long quiet = 400;
            Thread.sleep(quiet + 100);
            assertThat(gate.busy(quiet)).containsExactly(new Busy(PORT, 2, 2));
            silentThere.getOutputStream().write(2);
            assertThat(silent.getInputStream().read()).isEqualTo(2);
            askingThere.getOutputStream().write(3);
            assertThat(asking.getInputStream().read()).isEqualTo(3);
            Thread.sleep(quiet + 100);
            assertThat(gate.busy(quiet)).containsExactly(new Busy(PORT, 2, 0));
            gate.back(1);
          }
          return null;
        });
  }

  /**
   * Of a connection from before the rules the packet filter hears only the end, of one that ends
   * after they are gone not that. It took the next one from the same port for the same one.
   */
  @Test
  void h50_a_port_that_a_client_uses_again_comes_to_the_gate() throws Exception {
    inside(
        () -> {
          java.net.Socket before = reusing(0);
          java.net.Socket after;
          try (Gate gate = gate(() -> {})) {
            after = reusing(0);
            assertThat(gate.status().held()).isZero();
          }
          after.close();
          try (Gate gate = gate(() -> {})) {
            before.close();
            Thread.sleep(1500); // after a second the kernel lets a port be used again
            gate.hold(1, LONG);
            try (java.net.Socket one = reusing(before.getLocalPort());
                java.net.Socket other = reusing(after.getLocalPort())) {
              await(() -> gate.status().held() == 2);
            }
            gate.back(1);
          }
          return null;
        });
  }

  /** The kernel remembers for days what it has redirected and has not seen end. */
  @Test
  void h54_a_port_that_was_redirected_once_is_no_more_when_rules_come_again() throws Exception {
    inside(
        () -> {
          stopOld();
          try (ServerSocket service = listen()) {
            java.net.Socket held;
            java.net.Socket relayed;
            try (Gate gate = gate(() -> {})) {
              gate.hold(1, LONG);
              held = reusing(0);
              await(() -> gate.status().held() == 1);
              gate.back(1);
              relayed = service.accept();
            }
            int port = held.getLocalPort();
            relayed.close();
            held.close();
            Thread.sleep(1500); // after a second the kernel lets a port be used again
            try (java.net.Socket again = reusing(port);
                java.net.Socket there = service.accept()) {
              there.setSoTimeout(TestingPatience.MILLIS);
              try (Gate gate = gate(() -> {})) {
                for (int i = 1; i < 4; i++) {
                  again.getOutputStream().write(i);
                  assertThat(there.getInputStream().read()).isEqualTo(i);
                  if (i == 1) {
                    gate.hold(1, LONG);
                  } else if (i == 2) {
                    gate.back(1);
                  }
                }
              }
            }
          }
          return null;
        });
  }

  private static java.net.Socket reusing(int port) throws IOException {
    java.net.Socket socket = new java.net.Socket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress("127.0.0.1", port));
    socket.connect(new InetSocketAddress("127.0.0.1", PORT), 5000);
    return socket;
  }

  /** It may do so up to the moment in which it is stopped, and nobody could help them then. */
  @Test
  void h54_connections_that_a_service_has_still_to_accept_are_waited_for() throws Exception {
    inside(
        () -> {
          stopOld();
          try (ServerSocket service = listen();
              Gate gate = gate(() -> {});
              java.net.Socket four = new java.net.Socket("127.0.0.1", PORT);
              java.net.Socket six = new java.net.Socket("::1", PORT)) {
            gate.hold(1, LONG);
            assertThat(gate.busy(0)).containsExactly(new Busy(PORT, 2, 2));
            service.accept().close();
            assertThat(gate.busy(0)).containsExactly(new Busy(PORT, 1, 1));
            service.accept().close();
            assertThat(gate.busy(0)).containsExactly(new Busy(PORT, 0, 0));
            gate.back(1);
          }
          return null;
        });
  }

  /** Such as that looks its clients' names up, where no name server answers. */
  @Test
  void h54_a_check_that_has_ended_and_that_the_service_keeps_is_not_waited_for() throws Exception {
    inside(
        () -> {
          stopOld();
          try (ServerSocket service = listen();
              Gate gate = gate(() -> {});
              java.net.Socket check =
                  BeyondLookup.connect(InetAddress.getByName("127.0.0.1"), PORT, LONG);
              java.net.Socket kept = service.accept()) {
            assertThat(kept.isClosed()).isFalse();
            gate.hold(1, LONG);
            assertThat(gate.busy(60_000)).containsExactly(new Busy(PORT, 1, 1));
            check.close();
            await(() -> gate.busy(60_000).equals(List.of(new Busy(PORT, 0, 0))));
            gate.back(1);
          }
          return null;
        });
  }

  /** The service's own, and relayed ones as long as the gate is there. */
  @Test
  void h54_busy_half_closed_and_idle_connections_live_through_holds_and_a_release()
      throws Exception {
    replacement.stop();
    try (ServerSocket fresh = elsewhere.call(GateTest::listen)) {
      inside(
          () -> {
            old.stop();
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", PORT);
            try (ServerSocket service = listen();
                var direct = new TestingLongConnections(address, service);
                Gate gate = gate(() -> {})) {
              gate.hold(1, LONG);
              direct.awaitBusy();
              gate.back(1);
              direct.awaitBusy();
              gate.hold(2, LONG);
              service.close(); // its listener alone
              assertThat(gate.takeQueued(2)).isZero();
              gate.release(2, NEW, 0);
              try (var relayed = new TestingLongConnections(address, fresh)) {
                direct.goOn();
                assertThatThrownBy(() -> gate.end(2, false)).hasMessageContaining("would be cut");
                relayed.goOn();
              }
              await(() -> gate.status().open() == 0);
              gate.end(2, false);
            }
            return null;
          });
    } finally {
      replacement.listen();
    }
  }

  private static ServerSocket listen() throws IOException {
    ServerSocket listening = new ServerSocket();
    listening.bind(new InetSocketAddress("::", PORT), 50);
    return listening;
  }

  @Test
  void h54_connections_that_outlive_their_service_are_cut_off() throws Exception {
    inside(
        () -> {
          stopOld();
          old.listen();
          try (Gate gate = gate(() -> {});
              java.net.Socket four = new java.net.Socket("127.0.0.1", PORT);
              java.net.Socket six = new java.net.Socket("::1", PORT)) {
            await(() -> gate.busy(0).getFirst().open() == 2);
            assertThatThrownBy(() -> gate.cutOff(1)).hasMessageContaining("nothing is held");
            gate.hold(1, LONG);
            TestingClient held = new TestingClient("127.0.0.1", PORT, "held");
            await(() -> gate.status().held() == 1);
            old.stop(); // its listener alone: whom it has accepted it goes on to serve
            assertThat(gate.cutOff(1)).isEqualTo(2);
            for (java.net.Socket kept : List.of(four, six)) {
              kept.setSoTimeout(TestingPatience.MILLIS);
              assertThatThrownBy(() -> kept.getInputStream().read()).hasMessageContaining("reset");
            }
            assertThat(gate.busy(0)).containsExactly(new Busy(PORT, 0, 0));
            assertThat(gate.cutOff(1)).as("again").isZero();
            gate.release(1, NEW, 0);
            assertThat(held.answer()).as("who waits stays").startsWith("new held");
          }
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
                        InetAddress.getByName(address), PORT, Duration.ofSeconds(1))) {
                  check.setSoTimeout(2000);
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

  @Test
  void connections_that_exist_are_never_touched() throws Exception {
    inside(
        () -> {
          List<java.net.Socket> sockets = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            sockets.add(new java.net.Socket(i % 2 == 0 ? "127.0.0.1" : "::1", PORT));
          }
          try (Gate gate = gate(() -> {})) {
            await(() -> gate.busy(0).getFirst().open() == 3);
            gate.hold(1, LONG);
            speak(sockets.get(0), "held");
            gate.back(1);
            speak(sockets.get(1), "back");
            gate.hold(1, LONG);
            gate.release(1, NEW, 0);
            try (TestingClient released = new TestingClient("127.0.0.1", PORT, "released")) {
              assertThat(released.answer()).startsWith("new released");
            }
            speak(sockets.get(2), "released already");
          }
          return null;
        });
  }

  private static void speak(java.net.Socket socket, String word) throws IOException {
    try (socket) {
      socket.setSoTimeout(TestingPatience.MILLIS);
      socket.getOutputStream().write((word + "\n").getBytes());
      assertThat(new String(socket.getInputStream().readAllBytes())).startsWith("old " + word);
    }
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
