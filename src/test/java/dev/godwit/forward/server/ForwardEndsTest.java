package dev.godwit.forward.server;

import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.linux.SocketDiagnostics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ends, ends for nobody who came in time; and a hold always does. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardEndsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  /** Of the kernel's states (enum of net/tcp_states.h). */
  private static final int TIME_WAIT = 6;

  private final CountDownLatch goOn = new CountDownLatch(1);
  private ServerSocket service;
  private ForwardServer forward;

  @BeforeEach
  void start() throws Exception {
    service = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    TestingEcho.serve(service);
    forward = ForwardServer.start(rules(web("127.0.0.1:0")), line -> {});
  }

  @AfterEach
  void end() throws Exception {
    goOn.countDown();
    forward.close();
    service.close();
  }

  private ForwardRule web(String listen) {
    return rule("web", "listen", listen, "to", "127.0.0.1:" + service.getLocalPort());
  }

  private Socket client() throws IOException {
    InetSocketAddress at = forward.addresses().getFirst();
    Socket client = new Socket(at.getAddress(), at.getPort());
    client.setSoTimeout(TestingPatience.MILLIS);
    return client;
  }

  private static void assertServed(Socket client) throws IOException {
    client.getOutputStream().write(7);
    assertThat(client.getInputStream().read()).isEqualTo(7);
  }

  private interface Ending {
    void end() throws Exception;
  }

  /** Who comes meanwhile is connected by the kernel, and nobody has accepted him. */
  private void whileNobodyAccepts(Ending ending) throws Exception {
    CountDownLatch stopped = new CountDownLatch(forward.relays().size());
    forward
        .relays()
        .forEach(
            relay ->
                relay
                    .loop()
                    .execute(
                        () -> {
                          stopped.countDown();
                          try {
                            goOn.await();
                          } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                          }
                        }));
    stopped.await();
    try (Socket client = client()) {
      Thread ends =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    try {
                      ending.end();
                    } catch (Exception e) {
                      throw new IllegalStateException(e);
                    }
                  });
      TestingPatience.await("that it waits for the loop", () -> isWaiting(ends));
      goOn.countDown();
      assertServed(client);
    }
  }

  private static boolean isWaiting(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        || thread.getState() == Thread.State.TIMED_WAITING;
  }

  @Test
  void who_has_connected_before_a_drain_is_served_though_nobody_had_accepted_him()
      throws Exception {
    whileNobodyAccepts(() -> assertThat(forward.drain(LONG)).isZero());
  }

  @Test
  void who_has_connected_to_a_place_that_a_reload_gives_up_is_served_too() throws Exception {
    whileNobodyAccepts(() -> forward.reload(rules(web("127.0.0.2:0"))));
  }

  private static boolean isInTimeWait(int port) throws IOException {
    return !SocketDiagnostics.sockets(port, TIME_WAIT).isEmpty();
  }

  /** Where it was the first one to end a connection, the kernel keeps its port for a minute. */
  @Test
  void it_begins_again_at_a_port_whose_connections_are_in_time_wait() throws Exception {
    try (ServerSocket hangsUp = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      String to = "127.0.0.1:" + hangsUp.getLocalPort();
      ForwardServer first =
          ForwardServer.start(rules(rule("web", "listen", "127.0.0.1:0", "to", to)), line -> {});
      int port = first.addresses().getFirst().getPort();
      try (first;
          Socket client = new Socket("127.0.0.1", port)) {
        hangsUp.accept().close();
        client.setSoTimeout(TestingPatience.MILLIS);
        assertThat(client.getInputStream().read()).isEqualTo(-1);
        client.close();
        TestingPatience.await("the end of both sides", () -> isInTimeWait(port));
      }
      String listen = "127.0.0.1:" + port;
      try (ForwardServer again =
              ForwardServer.start(rules(rule("web", "listen", listen, "to", to)), line -> {});
          Socket client = new Socket("127.0.0.1", port)) {
        assertThat(isInTimeWait(port)).isTrue();
        hangsUp.accept().close();
        client.setSoTimeout(TestingPatience.MILLIS);
        assertThat(client.getInputStream().read()).isEqualTo(-1);
        assertThat(again.addresses().getFirst().getPort()).isEqualTo(port);
      }
    }
  }

  @Test
  void h50_a_hold_that_is_asked_for_again_and_again_ends() throws Exception {
    forward.holdMax = Duration.ofMillis(500);
    forward.hold("web", LONG);
    try (Socket client = client()) {
      client.getOutputStream().write(7);
      client.setSoTimeout(50);
      while (true) {
        try {
          assertThat(client.getInputStream().read()).isEqualTo(7);
          break;
        } catch (IOException e) {
          forward.hold("web", LONG);
        }
      }
    }
  }
}
