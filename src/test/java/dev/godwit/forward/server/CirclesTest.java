package dev.godwit.forward.server;

import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.ForwardRule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rules by which a connection would come back to where it came in. */
@Timeout(TestingPatience.TEST_SECONDS)
final class CirclesTest {
  private static final String WHY = "it would call itself without an end";

  @TempDir private Path directory;

  private static void refused(ForwardRule... rules) {
    assertThatThrownBy(
            () -> {
              try (ForwardServer forward = ForwardServer.start(rules(rules), line -> {})) {
                assertThat(forward.addresses()).isEmpty();
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessageContaining(WHY);
  }

  @Test
  void a_socket_of_its_own_by_another_address_is_refused_at_the_start() throws Exception {
    int port = TestingPorts.free();
    // Where the texts are the same the rule itself says so.
    refused(rule("a", "listen", "127.0.0.1:" + port, "to", "0.0.0.0:" + port));
    refused(rule("a", "listen", "udp:127.0.0.1:" + port, "to", "0.0.0.0:" + port));
    refused(
        rule(
            "a",
            "listen",
            ":" + port,
            "to",
            "127.0.0.1:9",
            "sni",
            "www.example.org=0.0.0.0:" + port));
  }

  @Test
  void two_groups_in_a_circle_are_refused_and_the_way_is_told() throws Exception {
    int one = TestingPorts.free();
    int two = TestingPorts.free();
    ForwardRule there =
        rule("there", "listen", "127.0.0.1:" + one, "to", "10.9.9.9:1", "to", "127.0.0.1:" + two);
    ForwardRule back = rule("back", "listen", "127.0.0.1:" + two, "to", "127.0.0.1:" + one);
    refused(there, back);
    assertThatThrownBy(() -> ForwardServer.start(rules(there, back), line -> {}).close())
        .hasMessage(
            "unable to forward 127.0.0.1:%d -> 127.0.0.1:%d -> 127.0.0.1:%d: %s",
            one, two, one, WHY);
    String first = directory.resolve("first").toString();
    String second = directory.resolve("second").toString();
    refused(
        rule("there", "listen", "unix:" + first, "to", "unix:" + second),
        rule("back", "listen", "unix:" + second, "to", "unix:" + first));
  }

  @Test
  void a_reload_or_a_release_that_makes_a_circle_changes_nothing() throws Exception {
    int one = TestingPorts.free();
    int two = TestingPorts.free();
    ForwardRule there = rule("there", "listen", "127.0.0.1:" + one, "to", "127.0.0.1:" + two);
    try (ServerSocket service = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      String to = "127.0.0.1:" + service.getLocalPort();
      ForwardRule further = rule("further", "listen", "127.0.0.1:" + two, "to", to);
      try (ForwardServer forward = ForwardServer.start(rules(there, further), line -> {})) {
        ForwardRule back = rule("further", "listen", "127.0.0.1:" + two, "to", "127.0.0.1:" + one);
        assertThatThrownBy(() -> forward.reload(rules(there, back))).hasMessageContaining(WHY);
        assertThatThrownBy(
                () -> forward.release("further", Endpoints.target("127.0.0.1:" + one), 0, false))
            .hasMessageContaining(WHY);
        // One group behind the other is no circle, and goes on.
        try (Socket client = new Socket("127.0.0.1", one);
            Socket server = service.accept()) {
          client.getOutputStream().write(7);
          assertThat(server.getInputStream().read()).isEqualTo(7);
        }
      }
    }
  }
}
