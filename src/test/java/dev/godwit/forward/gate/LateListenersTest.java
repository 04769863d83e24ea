package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.ladder.Rung;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The gate's last rung: it listens where the service did. */
@Timeout(TestingPatience.TEST_SECONDS)
final class LateListenersTest {
  private static final int PORT = 8080;
  private static final PortGroup WEB = new PortGroup("web", List.of(PORT), ClientAddress.PLAIN);
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;
  private TestingNamespace host;
  private TestingNamespace other;
  private TestingServer old;
  private TestingServer replacement;
  private Destination fresh;

  @BeforeEach
  void hosts() throws Exception {
    host = new TestingNamespace();
    other = new TestingNamespace();
    host.connectTo(other);
    old = TestingServer.start(host, "old", "::", PORT);
    replacement = TestingServer.start(other, "new", "::", PORT);
    fresh = Destination.direct(InetAddress.getByName("10.9.0.2"));
  }

  @AfterEach
  void noHosts() throws Exception {
    old.close();
    replacement.close();
    host.close();
    other.close();
  }

  private void inside(Callable<Void> body) throws Exception {
    host.call(body);
  }

  private Gate gate(WayBack wayBack) throws Exception {
    return Gate.capture(
        directory.resolve("move"),
        List.of(WEB),
        1,
        wayBack,
        0,
        Rung.LISTENING,
        ReleaseRecord.Keeper.NONE,
        true);
  }

  private static void awaitHeld(Gate gate, int count) throws Exception {
    TestingPatience.await(count + " who wait", () -> gate.status().held() == count);
  }

  @Test
  void nobody_can_wait_here_while_the_service_starts_again() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(old::listen)) {
            assertThat(gate.status().holdsBesideServices()).isFalse();
            gate.hold(1, LONG);
            old.stop();
            gate.takeQueued(1);
            TestingClient client = new TestingClient("127.0.0.1", PORT, "a");
            assertThatThrownBy(() -> gate.makeRoom(1)).hasMessageContaining("socket look-up");
            assertThat(client.isAnswered()).isFalse();
            gate.back(1);
            assertThat(client.answer()).startsWith("old a");
          }
          return null;
        });
  }

  @Test
  void clients_wait_where_the_service_listened_and_are_released() throws Exception {
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(1, LONG);
            assertThat(TestingClient.ask("::1", PORT, "a")).startsWith("old a");
            assertThatThrownBy(() -> gate.takeQueued(1)).hasMessageContaining("still listens at");
            old.stop();
            assertThat(gate.takeQueued(1)).isZero();
            TestingClient four = new TestingClient("127.0.0.1", PORT, "b");
            TestingClient six = new TestingClient("::1", PORT, "c");
            awaitHeld(gate, 2);
            gate.release(1, fresh, 0);
            assertThat(four.answer()).startsWith("new b");
            assertThat(six.answer()).startsWith("new c");
            assertThat(gate.status().groups().getFirst().rung()).isEqualTo(3);
            // The host that clients come to cannot serve them itself as long as the gate listens.
            assertThatThrownBy(() -> gate.home(2, false))
                .hasMessageContaining("not all services listen");
            assertThat(TestingClient.ask("127.0.0.1", PORT, "d")).startsWith("new d");
          }
          assertThatThrownBy(() -> TestingClient.ask("127.0.0.1", PORT, "e"))
              .isInstanceOf(ConnectException.class);
          return null;
        });
  }

  @Test
  void h50_a_way_back_that_fails_ends_the_waiting_and_is_tried_again_by_itself() throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    WayBack wayBack =
        () -> {
          if (broken.get()) {
            throw new IOException("the unit is broken");
          }
          old.listen();
        };
    inside(
        () -> {
          try (Gate gate = gate(wayBack)) {
            gate.hold(1, LONG);
            old.stop();
            gate.takeQueued(1);
            TestingClient before = new TestingClient("127.0.0.1", PORT, "f");
            awaitHeld(gate, 1);
            assertThatThrownBy(() -> gate.back(1)).hasMessageContaining("the unit is broken");
            assertThat(gate.mode()).isEqualTo(Mode.GOING_BACK);
            assertThatThrownBy(before::answer).hasRootCauseInstanceOf(SocketException.class);
            TestingClient after = connect("g");
            awaitHeld(gate, 1);
            broken.set(false);
            // Nobody tells the gate.
            assertThat(after.answer()).startsWith("old g");
            assertThat(gate.status().gapMillis()).isPositive();
            assertThat(TestingClient.ask("127.0.0.1", PORT, "h")).startsWith("old h 127.0.0.1");
          }
          return null;
        });
  }

  /** The gate listens again a moment after it has given up. */
  private static TestingClient connect(String line) throws Exception {
    while (true) {
      try {
        return new TestingClient("127.0.0.1", PORT, line);
      } catch (ConnectException e) {
        Thread.sleep(5);
      }
    }
  }
}
