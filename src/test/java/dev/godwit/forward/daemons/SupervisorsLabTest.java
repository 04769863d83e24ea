package dev.godwit.forward.daemons;

import static dev.godwit.TestingPatience.await;
import static dev.godwit.forward.daemons.TestingPair.pid;
import static dev.godwit.forward.daemons.TestingPair.signal;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingCrowd;
import dev.godwit.forward.TestingHang;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.linux.ProcessTable;
import dev.godwit.move.TestingQuiet;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Gate and landing, each with the process beside it: whichever of the two dies, the other one
 * starts it again, and nobody has to ask for anything.
 */
@Tag("lab")
@Timeout(180)
final class SupervisorsLabTest {
  private static final InetSocketAddress SERVICE = new InetSocketAddress("127.0.0.1", 8080);
  private static final List<PortGroup> WEB =
      List.of(new PortGroup("web", List.of(8080), ClientAddress.PLAIN));
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path temporary;
  private TestingPair hosts;
  private TestingCrowd.Service before;
  private TestingCrowd.Service after;
  private GateClient gate;

  @BeforeEach
  void hosts() throws Exception {
    hosts = new TestingPair(temporary, "landing-supervisor");
    before = hosts.old.call(() -> new TestingCrowd.Service(SERVICE));
    after = hosts.fresh.call(() -> new TestingCrowd.Service(SERVICE));
    gate = hosts.gate("gate-supervisor");
  }

  @AfterEach
  void noHosts() throws Exception {
    hosts.end(before, after);
  }

  /** Waits until another process is there than the one that was. */
  private static long successor(Path file, long of) throws Exception {
    await(() -> pid(file) != 0 && pid(file) != of);
    return pid(file);
  }

  private static void kill(long pid) throws Exception {
    signal("KILL", pid);
  }

  private void capture() throws Exception {
    gate.start();
    gate.capture(1, WEB, TestingDaemons.wayBack("true"), 0);
  }

  private static void assertAllServed() throws Exception {
    try (TestingCrowd crowd = TestingCrowd.send(SERVICE, 200, 100)) {
      crowd.await();
      assertThat(crowd.failures).as(crowd.toString()).isEmpty();
    }
  }

  @Test
  void h50_a_gate_whose_supervisor_was_killed_is_started_again_all_the_same() throws Exception {
    Path watch = hosts.state("gate.watch.pid");
    Path gates = hosts.state("gate.pid");
    hosts.old.call(
        () -> {
          capture();
          long first = pid(gates);
          long supervisor = pid(watch);
          for (int i = 0; i < 2; i++) { // also one that has taken the place of another
            kill(supervisor);
            supervisor = successor(watch, supervisor);
            await(() -> gate.status().orElseThrow().watched());
          }
          assertThat(pid(gates)).as("the gate itself goes on").isEqualTo(first);
          gate.hold(1, LONG);
          kill(first);
          // Nobody asks for anything.
          long second = successor(gates, first);
          await(() -> gate.status().isPresent() && gate.status().get().mode() == Mode.PASS);
          assertThat(pid(gates)).isEqualTo(second);
          assertThat(pid(watch)).isEqualTo(supervisor);
          assertThat(gate.deaths()).hasSize(1);
          assertAllServed();
          return null;
        });
  }

  /**
   * Nobody lets it go on. What was ten seconds once is less than a hold lasts; how long the next
   * one needs for its start is the machine's.
   */
  @Test
  void h50_a_gate_that_is_stopped_in_a_hold_is_started_again_before_the_hold_would_have_ended()
      throws Exception {
    Path gates = hosts.state("gate.pid");
    hosts.old.call(
        () -> {
          capture();
          gate.hold(1, Duration.ofSeconds(5));
          long first = pid(gates);
          try (TestingCrowd crowd = TestingCrowd.send(SERVICE, 200, 20)) {
            await(() -> gate.status().orElseThrow().held() >= 20);
            long stopped = System.nanoTime();
            signal("STOP", first);
            try (TestingCrowd late = TestingCrowd.send(SERVICE, 200, 10)) {
              crowd.await();
              late.await();
              assertThat(late.failures).as("who stood in its queue").hasSize(10);
            }
            Duration cut = Duration.ofNanos(System.nanoTime() - stopped);
            System.out.println("a gate that was stopped was ended after " + cut);
            assertThat(crowd.failures).as("whom it held").hasSize(20);
            assertThat(cut).isLessThan(TestingQuiet.MACHINE ? ofMillis(1500) : ofSeconds(5));
          }
          successor(gates, first);
          await(() -> gate.status().isPresent() && gate.status().get().mode() == Mode.PASS);
          assertThat(gate.deaths().getFirst().waiting()).isEqualTo(20 + 10);
          assertAllServed();
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"an order", "SIGTERM"})
  void a_supervisor_that_took_the_place_of_another_ends_with_its_gate(String end) throws Exception {
    Path watch = hosts.state("gate.watch.pid");
    hosts.old.call(
        () -> {
          capture();
          long supervisor = pid(watch);
          kill(supervisor);
          long successor = successor(watch, supervisor);
          long gates = hosts.pid();
          if (end.equals("SIGTERM")) {
            signal("TERM", gates);
          } else {
            gate.end(1, false);
            assertThat(ProcessTable.isLiving(successor)).isFalse();
          }
          await(() -> ProcessHandle.of(successor).isEmpty());
          assertThat(ProcessHandle.of(gates)).isEmpty();
          assertThat(watch).doesNotExist();
          assertThat(hosts.state("gate.pid")).doesNotExist();
          return null;
        });
  }

  /** Told that none runs, whoever takes all down would leave one behind. */
  @Test
  void h57_an_end_waits_for_a_gate_that_is_just_being_started_again() throws Exception {
    hosts.old.call(
        () -> {
          capture();
          long supervisor = pid(hosts.state("gate.watch.pid"));
          signal("STOP", supervisor); // as on a host that is busy with something else
          kill(hosts.pid());
          Process later =
              new ProcessBuilder("sh", "-c", "sleep 1; kill -CONT " + supervisor).start();
          assertThat(gate.end(1, false)).as("a gate was there, and has obeyed").isTrue();
          assertThat(later.waitFor()).isZero();
          assertThat(ProcessTable.isLiving(supervisor)).isFalse();
          assertThat(hosts.state("gate.pid")).doesNotExist();
          assertThat(hosts.state("gate.watch.pid")).doesNotExist();
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"is killed", "hangs", "is killed after its supervisor"})
  void h58_a_landing_that_dies_is_started_again_and_clients_are_served(String how)
      throws Exception {
    Destination destination = hosts.startLanding(WEB);
    Path landings = hosts.landingState("landing.pid");
    long first = pid(landings);
    hosts.old.call(
        () -> {
          capture();
          gate.hold(1, LONG);
          before.close();
          gate.takeQueued(1);
          gate.release(1, destination, 0);
          assertAllServed();
          try (TestingCrowd meanwhile = TestingCrowd.send(SERVICE, 200, 1600)) {
            die(first, how);
            successor(landings, first);
            meanwhile.await();
            System.out.println("while a landing " + how + ": " + meanwhile);
            // Those whom the dead process had; who came while there was none has waited.
            assertThat(meanwhile.failures.size()).as(meanwhile.toString()).isLessThan(50);
          }
          assertAllServed();
          return null;
        });
    assertThat(hosts.landing.status().watched()).isTrue();
    assertThat(hosts.landing.status().port()).isEqualTo(destination.landingPort());
    assertThat(hosts.landing.end(1)).isTrue();
    assertThat(hosts.landingState("landing.watch.pid")).doesNotExist();
  }

  private void die(long landing, String how) throws Exception {
    if (how.equals("hangs")) {
      try (TestingHang hang = new TestingHang(landing, "landing loop")) {
        await(() -> ProcessHandle.of(landing).isEmpty());
      }
      return;
    }
    if (how.equals("is killed after its supervisor")) {
      Path watch = hosts.landingState("landing.watch.pid");
      long supervisor = pid(watch);
      kill(supervisor);
      successor(watch, supervisor);
    }
    long supervisor = pid(hosts.landingState("landing.watch.pid"));
    signal("STOP", supervisor); // as on a host that is busy with something else
    kill(landing);
    Thread.sleep(4000);
    signal("CONT", supervisor);
  }

  /** Both at one blow, as when a host is out of memory: who asks finds it, and it goes on. */
  @Test
  void h58_a_landing_that_died_with_its_supervisor_goes_on_when_it_is_asked() throws Exception {
    Destination destination = hosts.startLanding(WEB);
    TestingPair.killBoth(hosts.landingState(""), "landing");
    hosts.fresh.call(
        () -> {
          assertThat(hosts.landing.status().port()).isEqualTo(destination.landingPort());
          assertThat(hosts.landing.status().watched()).isTrue();
          return null;
        });
  }
}
