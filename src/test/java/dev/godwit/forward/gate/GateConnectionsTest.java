package dev.godwit.forward.gate;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingLongConnections;
import dev.godwit.forward.ladder.BeyondLookup;
import dev.godwit.linux.SocketDiagnostics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the services have open themselves while a gate stands before them, and ports that come
 * again; on each rung that loses nobody.
 */
@ParameterizedClass
@EnumSource(
    value = TestingRung.class,
    names = {"LOOKUP", "TAKEOVER_NFTABLES", "REDIRECTION_IPTABLES"})
@Timeout(TestingPatience.TEST_SECONDS)
final class GateConnectionsTest extends TestingGate {
  GateConnectionsTest(TestingRung rung) {
    super(rung);
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
    try (ServerSocket fresh = elsewhere.call(GateConnectionsTest::listen)) {
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
}
