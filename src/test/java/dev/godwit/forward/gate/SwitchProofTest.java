package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.GateException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who accepts here stands for the gate; nobody diverts anything. */
final class SwitchProofTest {
  private final SwitchProof proof = new SwitchProof();
  private final List<ServerSocket> gates = new ArrayList<>();

  @BeforeEach
  void gates() throws Exception {
    for (int i = 0; i < 9; i++) {
      ServerSocket one = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
      one.setSoTimeout(TestingPatience.MILLIS);
      gates.add(one);
    }
  }

  @AfterEach
  void noGates() throws Exception {
    for (ServerSocket one : gates) {
      one.close();
    }
  }

  private List<Integer> ports() {
    return gates.stream().map(ServerSocket::getLocalPort).toList();
  }

  /** Whether it is known as the proof's; nobody else connects here. */
  private boolean accept(ServerSocket gate) throws Exception {
    try (Socket one = gate.accept()) {
      return proof.isOurs((InetSocketAddress) one.getRemoteSocketAddress());
    }
  }

  /** The loop has not turned yet, and all of them are there for its next turn. */
  @Test
  void all_ports_are_connected_to_before_any_is_waited_for() throws Exception {
    try (SwitchProof.Attempt attempt = proof.begin(ports())) {
      for (ServerSocket gate : gates.reversed()) {
        assertThat(accept(gate)).isTrue();
      }
      attempt.await(Duration.ZERO);
    }
  }

  @Test
  void a_port_whose_connection_does_not_come_is_named() throws Exception {
    int missing = ports().get(4);
    try (SwitchProof.Attempt attempt = proof.begin(ports())) {
      for (ServerSocket gate : gates) {
        if (gate.getLocalPort() != missing) {
          assertThat(accept(gate)).isTrue();
        }
      }
      assertThatThrownBy(() -> attempt.await(Duration.ofMillis(10)))
          .isInstanceOf(GateException.class)
          .hasMessage(
              "the switch of port "
                  + missing
                  + " is not in force: a connection to it did not reach the gate");
    }
  }

  @Test
  void a_client_is_nobody_of_ours() throws Exception {
    ServerSocket gate = gates.getFirst();
    try (Socket client = new Socket(gate.getInetAddress(), gate.getLocalPort());
        SwitchProof.Attempt attempt = proof.begin(ports())) {
      assertThat(client.isConnected()).isTrue();
      assertThat(accept(gate)).as("who came before").isFalse();
      assertThat(accept(gate)).isTrue();
      attempt.close();
      assertThat(accept(gates.getLast())).as("of an attempt that is over").isFalse();
    }
  }
}
