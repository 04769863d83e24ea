package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.linux.Identity;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Clients of a unix socket whose server is slow: it is not stopped while it owes them its first
 * word, and who it has not accepted waits with the others.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class SocketDrainTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(100);

  /** Of which the patience is longer than any test. */
  private static final long QUIET_FOR_LONG = 60_000;

  private static final long QUIET_SOON = 5;

  @TempDir private Path directory;
  private Path socket;

  @BeforeEach
  void asRoot() {
    assumeThat(Identity.isRoot()).as("a gate needs root").isTrue();
    socket = directory.resolve("service.sock");
  }

  private PortGroup group() {
    return new PortGroup("db", List.of(), List.of(socket), ClientAddress.PLAIN);
  }

  private Gate gate(Rung rung, WayBack wayBack) throws Exception {
    return Gate.capture(
        directory.resolve("state/move"),
        List.of(group()),
        1,
        wayBack,
        0,
        rung,
        ReleaseRecord.Keeper.NONE,
        true);
  }

  private ServerSocketChannel listen() throws Exception {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket), 64);
    return server;
  }

  private static void assertDrained(Gate gate, long quietMillis, int open, int active)
      throws Exception {
    List<Busy> left = gate.awaitQuiet(active == 0 ? LONG : SHORT, quietMillis);
    assertThat(left).containsExactly(new Busy(0, open, active));
  }

  @Test
  void h54_who_has_not_been_greeted_by_a_unix_sockets_server_is_waited_for() throws Exception {
    try (ServerSocketChannel server = listen();
        Gate gate = gate(Rung.LOOKUP, () -> {});
        SocketChannel client = TestingSocketServer.connect(socket)) {
      gate.hold(1, LONG);
      assertDrained(gate, QUIET_FOR_LONG, 1, 1);
      try (SocketChannel accepted = server.accept()) {
        assertDrained(gate, QUIET_FOR_LONG, 1, 1);
        accepted.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
        assertDrained(gate, QUIET_SOON, 1, 1); // who has not read it has not heard it
        assertThat(client.read(ByteBuffer.allocate(5))).isEqualTo(5);
        assertDrained(gate, QUIET_SOON, 1, 0);
      }
    }
  }

  @Test
  void h54_who_has_been_with_a_unix_sockets_server_since_long_ago_may_rest() throws Exception {
    try (ServerSocketChannel server = listen();
        SocketChannel client = TestingSocketServer.connect(socket);
        SocketChannel accepted = server.accept();
        Gate gate = gate(Rung.LOOKUP, () -> {})) {
      assertThat(client.isConnected() && accepted.isConnected()).isTrue();
      TestingPatience.await(
          "what is long ago by then", () -> gate.busy(QUIET_SOON).getFirst().active() == 0);
      try (SocketChannel late = TestingSocketServer.connect(socket)) {
        assertThat(gate.busy(QUIET_SOON)).containsExactly(new Busy(0, 2, 1));
        try (SocketChannel with = server.accept()) {
          assertThat(late.isConnected() && with.isConnected()).isTrue();
          assertThat(gate.busy(QUIET_FOR_LONG)).containsExactly(new Busy(0, 2, 2));
          assertDrained(gate, QUIET_SOON, 2, 0);
        }
      }
    }
  }

  /** How ports are diverted has nothing to do with names. */
  @ParameterizedTest
  @EnumSource(Rung.class)
  void h52_who_stands_in_a_unix_sockets_queue_at_the_stop_is_served_later(Rung rung)
      throws Exception {
    TestingSocketServer[] started = new TestingSocketServer[1];
    try (ServerSocketChannel server = listen();
        SocketChannel client = TestingSocketServer.connect(socket);
        Gate gate =
            gate(rung, () -> started[0] = new TestingSocketServer("started", socket, true))) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      Thread.ofPlatform()
          .daemon()
          .start(() -> answer.completeAsync(() -> ask(client), Runnable::run));
      gate.hold(1, LONG);
      server.close();
      assertThat(gate.takeQueued(1)).isEqualTo(1);
      gate.back(1);
      assertThat(TestingPatience.get(answer)).isEqualTo("started it root");
    } finally {
      if (started[0] != null) {
        started[0].close();
      }
      Files.deleteIfExists(socket);
    }
  }

  private static String ask(SocketChannel client) {
    try {
      return TestingSocketServer.ask(client, "it");
    } catch (IOException e) {
      return e.toString();
    }
  }
}
