package dev.godwit.forward.daemons;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.GateException;
import dev.godwit.forward.Limits;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingCrowd;
import dev.godwit.forward.TestingHang;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.gate.TestingRung;
import dev.godwit.forward.gate.TestingSocketServer;
import dev.godwit.forward.ladder.Ladder;
import dev.godwit.forward.ladder.PacketFilter;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A gate of a move, as a process with its supervisor, in a hold in which 2,000 clients a second
 * come: released, left alone, killed, and with nobody to release to.
 */
@Tag("lab")
@Tag("proof")
@Timeout(180)
final class GateHoldLabTest {
  private static final int PORT = 8080;
  private static final int PER_SECOND = 2000;
  private static final int COUNT = 3 * PER_SECOND;
  private static final int SOME = 400;

  /** What a release lets go at a time. */
  private static final int IN_FLIGHT = 64;

  static final String WANTED = "service-wanted";

  static final List<PortGroup> WEB =
      List.of(new PortGroup("web", List.of(PORT), ClientAddress.PLAIN));
  private static final InetSocketAddress SERVICE = new InetSocketAddress("127.0.0.1", PORT);
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path temporary;
  private TestingPair hosts;
  private TestingNamespace old;
  private TestingNamespace fresh;
  private TestingCrowd.Service before;
  private TestingCrowd.Service after;
  private GateClient gate;

  @BeforeEach
  void hosts() throws Exception {
    hosts = new TestingPair(temporary);
    old = hosts.old;
    fresh = hosts.fresh;
    before = old.call(() -> new TestingCrowd.Service(SERVICE));
    after = fresh.call(() -> new TestingCrowd.Service(SERVICE));
    gate = client();
  }

  @AfterEach
  void noHosts() throws Exception {
    hosts.end(before, after);
  }

  /** As the way back, a file that the test looks for. */
  private Path wanted() {
    return temporary.resolve(WANTED);
  }

  private GateClient client(String... options) {
    return hosts.gate("gate-supervisor", options);
  }

  private void capture(String... options) throws Exception {
    gate = client(options);
    gate.start();
    gate.capture(1, WEB, TestingDaemons.wayBack("touch", wanted().toString()), 0);
  }

  private Destination startLanding() throws Exception {
    return hosts.startLanding(WEB);
  }

  private static TestingCrowd crowd(int count) throws Exception {
    return TestingCrowd.send(SERVICE, PER_SECOND, count);
  }

  private void awaitHeld(int count) throws Exception {
    await(() -> gate.status().orElseThrow().held() >= count);
  }

  /** Starts the service as soon as somebody wants it, as a unit would be. */
  private Thread serviceManager() {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                while (Files.notExists(wanted())) {
                  Thread.sleep(1);
                }
                before = old.call(() -> new TestingCrowd.Service(SERVICE));
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private static void assertAllServed(TestingCrowd crowd, List<Integer> numbers) {
    assertThat(crowd.failures.size()).as(crowd.toString()).isZero();
    assertThat(numbers).hasSize(crowd.answered.get());
    // As exact as attempts that are under way together can be told apart.
    for (int i = 0; i < numbers.size(); i++) {
      assertThat(Math.abs(numbers.get(i) - i))
          .as("client %d was served as number %d", numbers.get(i), i)
          .isLessThanOrEqualTo(IN_FLIGHT);
    }
  }

  @Test
  void h50_h55_all_who_came_in_a_hold_of_three_seconds_are_served_by_new_in_order()
      throws Exception {
    Destination destination = startLanding();
    old.call(
        () -> {
          capture();
          gate.hold(1, LONG);
          before.close();
          gate.takeQueued(1);
          try (TestingCrowd crowd = crowd(COUNT)) {
            awaitHeld(COUNT);
            gate.release(1, destination, 0);
            crowd.await();
            System.out.println(crowd);
            crowd.assertRate();
            assertAllServed(crowd, after.numbers());
          }
          GateStatus status = gate.status().orElseThrow();
          assertThat(status.groups().getFirst().refused()).isZero();
          assertThat(status.holds().getFirst().connections()).isEqualTo(COUNT);
          assertThat(status.deaths()).isEmpty();
          return null;
        });
  }

  /** Nobody is refused by a service whose queue is shorter than the crowd by far. */
  @Test
  @Timeout(TestingPatience.TEST_SECONDS)
  void h55_as_many_as_the_descriptors_allow_are_served_by_a_service_with_a_queue_of_128()
      throws Exception {
    after.close();
    after = fresh.call(() -> new TestingCrowd.Service(SERVICE, 128));
    Destination destination = startLanding();
    old.call(
        () -> {
          capture();
          int most = Math.min(Limits.guests(), Limits.ports());
          gate.hold(1, TestingPatience.LIMIT);
          before.close();
          gate.takeQueued(1);
          try (TestingCrowd crowd = crowd(most)) {
            awaitHeld(most);
            gate.release(1, destination, 0);
            crowd.await();
            System.out.println(most + " wait for a queue of 128: " + crowd);
            // Not in order: whom the kernel finds no place for comes again after a second.
            assertThat(crowd.failures).as(crowd.toString()).isEmpty();
            assertThat(after.numbers()).hasSize(most).doesNotHaveDuplicates();
          }
          GateStatus.Group web = gate.status().orElseThrow().groups().getFirst();
          assertThat(web.refused()).isZero();
          assertThat(web.errors()).isEmpty();
          return null;
        });
  }

  /** It had the gate's process started, captured and held, from a process of its own. */
  @Test
  void h50_with_its_controller_killed_in_the_hold_all_who_came_are_served_by_old_in_order()
      throws Exception {
    old.call(
        () -> {
          Process controller = controller();
          BufferedReader said = controller.inputReader();
          assertThat(said.readLine()).isEqualTo("holds");
          before.close();
          controller.outputWriter().append("stop").flush();
          assertThat(said.readLine()).startsWith("has taken what was queued");
          Thread manager = serviceManager();
          try (TestingCrowd crowd = crowd(COUNT)) {
            awaitHeld(500);
            controller.destroyForcibly().waitFor();
            crowd.await();
            crowd.assertRate();
            manager.join();
            // Some came when it was over, past the gate: not behind those who had waited.
            assertThat(crowd.failures.size()).as(crowd.toString()).isZero();
            List<Integer> numbers = before.numbers();
            assertThat(numbers).hasSize(COUNT);
            int held = gate.status().orElseThrow().holds().getFirst().connections();
            assertThat(held).isGreaterThan(PER_SECOND);
            assertInOrder(numbers.stream().filter(n -> n < held).toList());
          }
          GateStatus status = gate.status().orElseThrow();
          assertThat(status.holds().getFirst().ended()).isEqualTo("expired, the way back");
          assertThat(status.groups().getFirst().refused()).isZero();
          return null;
        });
  }

  private Process controller() throws Exception {
    List<String> command = TestingDaemons.command("controller").in(temporary.resolve("old"));
    return new ProcessBuilder(command) // in the namespace of this thread
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void assertInOrder(List<Integer> numbers) {
    for (int i = 0; i < numbers.size(); i++) {
      assertThat(Math.abs(numbers.get(i) - i))
          .as("client %d was served as number %d", numbers.get(i), i)
          .isLessThanOrEqualTo(2 * IN_FLIGHT);
    }
  }

  @Test
  void h50_a_gate_that_is_killed_loses_those_whom_it_held_and_says_how_many() throws Exception {
    old.call(
        () -> {
          capture();
          gate.hold(1, LONG);
          try (TestingCrowd crowd = crowd(COUNT)) {
            awaitHeld(1000);
            hosts.kill();
            crowd.await();
            List<GateStatus.Death> deaths = gate.deaths();
            System.out.println(crowd + ", told: " + deaths);
            assertThat(deaths).hasSize(1);
            int told = deaths.getFirst().waiting();
            assertThat(told).isGreaterThanOrEqualTo(1000);
            assertThat(deaths.getFirst().relayed()).isZero();
            // Who stood in the kernel's queue at that moment had not come to the gate yet: those of
            // less than a second, for a gate that takes longer to look ends itself.
            assertThat(crowd.failures.size())
                .as(crowd.toString())
                .isBetween(told, told + PER_SECOND);
            assertThat(crowd.failures.values()).as("nobody is refused").allMatch(this::isCutOff);
            assertThat(crowd.answered.get()).isEqualTo(COUNT - crowd.failures.size());
          }
          // The supervisor has started it again, with what it had begun taken back.
          await(() -> gate.status().isPresent() && gate.status().get().mode() == Mode.PASS);
          assertThat(gate.status().orElseThrow().deaths()).hasSize(1);
          gate.end(Long.MAX_VALUE, true);
          assertThat(hosts.state("gate.pid")).doesNotExist();
          assertThat(gate.deaths()).as("also when none runs").hasSize(1);
          return null;
        });
  }

  @Test
  void h50_a_gate_that_hangs_in_a_hold_ends_itself_and_is_started_again() throws Exception {
    old.call(
        () -> {
          capture();
          gate.hold(1, LONG);
          long first = hosts.pid();
          try (TestingCrowd crowd = crowd(100)) {
            awaitHeld(100);
            try (TestingHang hang = new TestingHang(first, "gate loop")) {
              crowd.await(); // nobody asks it for anything
            }
            assertThat(crowd.failures).as("whom it held").hasSize(100);
          }
          await(() -> hosts.pid() != 0 && hosts.pid() != first);
          await(() -> gate.status().isPresent() && gate.status().get().mode() == Mode.PASS);
          assertThat(gate.deaths().getFirst().waiting()).isEqualTo(100);
          try (TestingCrowd crowd = crowd(200)) {
            crowd.await();
            assertThat(crowd.failures).as(crowd.toString()).isEmpty();
          }
          return null;
        });
  }

  /** A mailbox that was opened in a hold may be open for days after the way back. */
  @Test
  void h50_a_gate_that_hangs_while_it_only_relays_ends_itself_and_is_started_again()
      throws Exception {
    old.call(
        () -> {
          capture();
          gate.hold(1, LONG);
          try (Socket stays = new Socket(SERVICE.getAddress(), PORT)) {
            awaitHeld(1);
            gate.back(1);
            await(() -> gate.status().orElseThrow().open() == 1);
            assertThat(gate.status().orElseThrow().mode()).isEqualTo(Mode.PASS);
            long first = hosts.pid();
            try (TestingHang hang = new TestingHang(first, "gate loop")) {
              await(() -> hosts.pid() != 0 && hosts.pid() != first);
            }
          }
          await(() -> !gate.deaths().isEmpty());
          assertThat(gate.deaths().getFirst().relayed()).isEqualTo(1);
          return null;
        });
  }

  private boolean isCutOff(String failure) {
    return failure.contains("reset") || failure.contains("no answer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1"})
  void h58_services_that_were_stopped_are_put_back_when_the_gate_is_killed(String rung)
      throws Exception {
    old.call(
        () -> {
          capture("-D" + Ladder.PROPERTY + "=" + rung);
          gate.hold(1, LONG);
          before.close();
          gate.takeQueued(1);
          Thread manager = serviceManager();
          hosts.kill();
          // Nobody asks for anything: the controller died with the gate.
          assertThat(manager.join(TestingPatience.LIMIT)).isTrue();
          await(
              () -> {
                try (TestingCrowd one = crowd(1)) {
                  one.await();
                  return one.failures.isEmpty();
                }
              });
          await(() -> gate.status().isPresent() && gate.status().get().mode() == Mode.PASS);
          assertThatThrownBy(
                  () -> gate.release(1, Destination.direct(InetAddress.getByName("::1")), 0))
              .isInstanceOf(GateException.class);
          return null;
        });
  }

  /** Nobody is left on the host to put anything back: what the kernel does by itself has to do. */
  @ParameterizedTest
  @CsvSource({
    "0, ''",
    "1, " + PacketFilter.NFTABLES,
    "1, " + PacketFilter.IPTABLES,
    "2, " + PacketFilter.NFTABLES
  })
  void h50_a_gate_that_is_killed_with_its_supervisor_keeps_nobody_from_a_service_that_runs(
      String rung, String tool) throws Exception {
    old.call(
        () -> {
          List<String> before = rules();
          capture("-D" + Ladder.PROPERTY + "=" + rung, "-D" + Ladder.TOOL_PROPERTY + "=" + tool);
          gate.hold(1, LONG);
          try (TestingCrowd crowd = crowd(100)) {
            awaitHeld(100);
            TestingPair.killBoth(hosts.state(""), "gate");
            crowd.await();
            assertThat(crowd.failures).as("whom it held").hasSize(100);
          }
          if (!tool.isEmpty()) {
            assertThat(rules()).isNotEqualTo(before);
            Thread.sleep(PacketFilter.LIFE.plusSeconds(3)); // nobody has renewed them
          }
          try (TestingCrowd crowd = crowd(200)) {
            crowd.await();
            assertThat(crowd.failures).as(crowd.toString()).isEmpty();
          }
          // Whoever asks first has it begin again, and is told.
          assertThat(gate.deaths().getFirst().waiting()).isEqualTo(100);
          await(() -> gate.status().orElseThrow().mode() == Mode.PASS);
          assertThat(gate.status().orElseThrow().watched()).isTrue();
          assertThat(gate.end(1, true)).isTrue();
          assertThat(rules()).isEqualTo(before);
          return null;
        });
  }

  /** Empty tables and chains of iptables stay in the kernel, whoever has looked at them. */
  private List<String> rules() throws Exception {
    return TestingRung.rules(old).lines().filter(line -> line.contains("godwit")).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1"})
  void h58_services_that_were_stopped_are_put_back_by_whoever_asks_when_both_were_killed(
      String rung) throws Exception {
    Path socket = temporary.resolve("service.sock");
    try (TestingSocketServer other = old.call(() -> new TestingSocketServer("old", socket, true))) {
      old.call(
          () -> {
            capture("-D" + Ladder.PROPERTY + "=" + rung);
            gate.capture(
                2,
                List.of(
                    WEB.getFirst(),
                    new PortGroup("db", List.of(), List.of(socket), ClientAddress.PLAIN)),
                TestingDaemons.wayBack("touch", wanted().toString()),
                0);
            gate.hold(2, LONG);
            before.close();
            Thread manager = serviceManager();
            TestingPair.killBoth(hosts.state(""), "gate");
            assertThat(wanted()).doesNotExist();
            assertThatThrownBy(() -> TestingSocketServer.askAs(0, socket, "a"))
                .as("nothing in the kernel undoes a name")
                .hasMessageContaining("refused");
            // As the background process does every two seconds, and every command.
            assertThat(gate.deaths()).hasSize(1);
            assertThat(manager.join(TestingPatience.LIMIT)).isTrue();
            await(() -> gate.status().orElseThrow().mode() == Mode.PASS);
            assertThat(hosts.state("holding")).doesNotExist();
            try (TestingCrowd crowd = crowd(200)) {
              crowd.await();
              assertThat(crowd.failures).as(crowd.toString()).isEmpty();
            }
            assertThat(TestingSocketServer.askAs(0, socket, "a")).isEqualTo("old a root");
            return null;
          });
    }
  }

  @Test
  void h60_with_the_new_host_gone_at_the_release_all_are_served_by_old() throws Exception {
    Path pid = temporary.resolve("new/mail/landing.pid");
    refuseTheRelease(
        COUNT,
        () -> TestingNamespace.command("kill", "-KILL", Files.readString(pid).strip()),
        "does not answer");
    Files.deleteIfExists(pid);
  }

  /** From now on a host answers nothing: as one that is switched off. */
  private void dropAll(TestingNamespace host) throws Exception {
    TestingNamespace.command(
        host.inside(
                "nft",
                "add table inet gone; add chain inet gone in"
                    + " { type filter hook input priority 0; policy drop; }")
            .toArray(String[]::new));
  }

  private void dropNoMore(TestingNamespace host) throws Exception {
    TestingNamespace.command(host.inside("nft", "delete table inet gone").toArray(String[]::new));
  }

  @Test
  void h60_with_the_new_host_silent_at_the_release_all_are_served_by_old() throws Exception {
    refuseTheRelease(
        SOME,
        () -> {
          dropAll(fresh);
          return null;
        },
        "");
    dropNoMore(fresh);
  }

  /**
   * Something has happened to the landing when it is to be released to.
   *
   * @param why what the refusal says of it
   */
  private void refuseTheRelease(int count, Callable<?> event, String why) throws Exception {
    Destination destination = startLanding();
    old.call(
        () -> {
          capture();
          gate.probe(destination, Duration.ofSeconds(5));
          gate.hold(1, LONG);
          before.close();
          gate.takeQueued(1);
          try (TestingCrowd crowd = crowd(count)) {
            awaitHeld(count);
            event.call();
            assertThatThrownBy(() -> gate.release(1, destination, 0))
                .isInstanceOf(GateException.class)
                .hasMessageContaining("nothing was released, and those who wait go on waiting")
                .hasMessageContaining(why);
            assertThat(gate.status().orElseThrow().held()).isEqualTo(count);
            Thread manager = serviceManager();
            gate.back(1);
            crowd.await();
            manager.join();
            assertAllServed(crowd, before.numbers());
          }
          assertThat(after.numbers()).isEmpty();
          assertThat(gate.status().orElseThrow().groups().getFirst().errors()).isEmpty();
          return null;
        });
  }

  /** It had answered, and has clients that are relayed to it: nobody asks it again. */
  @Test
  void h50_a_lease_that_ends_to_a_host_that_drops_packets_keeps_nobody_waiting() throws Exception {
    Destination destination = startLanding();
    old.call(
        () -> {
          capture();
          gate.hold(1, LONG);
          before.close();
          gate.takeQueued(1);
          gate.release(1, destination, 0);
          try (TestingCrowd crowd = crowd(1)) {
            crowd.await();
            assertThat(crowd.failures).as(crowd.toString()).isEmpty();
          }
          gate.hold(1, LONG);
          try (TestingCrowd crowd = crowd(SOME)) {
            awaitHeld(SOME);
            dropAll(fresh);
            gate.hold(1, Duration.ofMillis(1)); // the lease, as short as can be
            crowd.await();
            assertThat(crowd.failures).hasSize(SOME);
            assertThat(crowd.failures.values()).allMatch(this::isCutOff);
          }
          dropNoMore(fresh);
          try (TestingCrowd crowd = crowd(SOME)) {
            crowd.await();
            assertThat(crowd.failures).as(crowd.toString()).isEmpty();
          }
          GateStatus status = gate.status().orElseThrow();
          assertThat(status.mode()).isEqualTo(Mode.RELEASED);
          assertThat(status.held()).isZero();
          return null;
        });
  }

  /** What the supervisor has to do at once: nothing in the kernel undoes a name. */
  @Test
  void h50_clients_of_a_unix_socket_are_served_again_as_soon_as_the_gate_is_killed()
      throws Exception {
    Path socket = temporary.resolve("service.sock");
    try (TestingSocketServer service =
        old.call(() -> new TestingSocketServer("old", socket, true))) {
      old.call(
          () -> {
            capture();
            gate.capture(
                2,
                List.of(new PortGroup("db", List.of(), List.of(socket), ClientAddress.PLAIN)),
                TestingDaemons.wayBack("true"),
                0);
            gate.hold(2, LONG);
            long first = hosts.pid();
            try (TestingSocketServer.Load load = new TestingSocketServer.Load(socket, 4, 2)) {
              await(() -> gate.status().orElseThrow().held() == 4);
              hosts.kill();
              // Nobody asks the gate for anything.
              await(() -> load.answered.get() > 1000);
              int failed = load.failed();
              await(() -> load.answered.get() > 2000);
              load.close();
              System.out.println("a gate of a unix socket was killed: " + load);
              assertThat(load.failed())
                  .as("only until the name was back: %s", load)
                  .isEqualTo(failed);
            }
            await(() -> Files.exists(hosts.state("gate.pid")) && hosts.pid() != first);
            await(() -> gate.status().isPresent() && gate.status().get().mode() == Mode.PASS);
            assertThat(TestingSocketServer.askAs(0, socket, "a")).isEqualTo("old a root");
            assertThat(gate.deaths().getFirst().waiting()).isEqualTo(4);
            return null;
          });
    }
  }
}
