package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(TestingPatience.TEST_SECONDS)
final class TestingLoadTest {
  /** As a server does that greets, and stops. */
  @Test
  void who_was_greeted_and_sent_away_in_order_was_not_answered() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.ofPlatform().daemon().start(() -> greet(server));
      InetSocketAddress at = (InetSocketAddress) server.getLocalSocketAddress();
      TestingLoad load = new TestingLoad(at, 20, "a LOGOUT\r\n", "a OK");
      try (load) {
        TestingPatience.await(() -> load.came.get() > 5);
      }
      assertThat(load.answered).hasValue(0);
      assertThat(load.failures.keySet())
          .singleElement()
          .asString()
          .contains("closed after a greeting, without an answer: * OK ready");
    }
  }

  private static void greet(ServerSocket server) {
    try {
      while (true) {
        try (Socket one = server.accept()) {
          one.getOutputStream().write("* OK ready\r\n".getBytes(StandardCharsets.US_ASCII));
          one.shutdownOutput();
          byte[] unused = one.getInputStream().readAllBytes();
        }
      }
    } catch (IOException e) {
      return; // the test is over
    }
  }
}
