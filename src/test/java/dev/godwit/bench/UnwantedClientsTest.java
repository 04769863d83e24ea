package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

final class UnwantedClientsTest {
  private static final int EACH = 20;

  /** Every third one is served, reset, or just closed, by turns. */
  @Test
  void who_is_reset_or_closed_is_turned_away_and_who_is_answered_is_not() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 100, InetAddress.getByName("127.0.0.1"))) {
      Thread.ofPlatform().daemon().start(() -> serve(server));
      UnwantedClients clients = new UnwantedClients();
      try (clients) {
        for (int i = 0; i < 3 * EACH; i++) {
          clients.come(
              "127.0.0.2", (InetSocketAddress) server.getLocalSocketAddress(), new byte[] {7});
        }
      }
      assertThat(clients.came()).isEqualTo(3 * EACH);
      assertThat(clients.turnedAway()).isEqualTo(2 * EACH);
    }
  }

  @Test
  void who_finds_nobody_is_turned_away() throws Exception {
    InetSocketAddress nobody;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      nobody = (InetSocketAddress) server.getLocalSocketAddress();
    }
    UnwantedClients clients = new UnwantedClients();
    try (clients) {
      clients.come("127.0.0.2", nobody, new byte[] {7});
    }
    assertThat(clients.turnedAway()).isEqualTo(1);
  }

  private static void serve(ServerSocket server) {
    for (int i = 0; i < 3 * EACH; i++) {
      try (Socket one = server.accept()) {
        int said = one.getInputStream().read();
        switch (i % 3) {
          case 0 -> one.getOutputStream().write(said);
          case 1 -> one.setSoLinger(true, 0); // closes with a reset
          default -> {}
        }
      } catch (IOException e) {
        return; // the test sees who was not served
      }
    }
  }
}
