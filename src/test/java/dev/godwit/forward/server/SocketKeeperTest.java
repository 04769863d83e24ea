package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.Listen;
import dev.godwit.host.HostException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Between a forwarder that has died and the next one that serves. */
@Timeout(TestingPatience.TEST_SECONDS)
final class SocketKeeperTest {
  @TempDir Path folder;

  private ServerSocket service;
  private SocketKeeper keeper;
  private int port;
  private Path name;
  private ForwardRule rule;

  /** One that has died: its listening sockets are the keeper's alone. */
  @BeforeEach
  void start() throws Exception {
    service = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    service.setSoTimeout(TestingPatience.MILLIS);
    keeper = SocketKeeper.start();
    port = TestingPorts.free();
    name = folder.resolve("here");
    rule = rule("listen", "127.0.0.1:" + port, "listen", "unix:" + name);
    try (ForwardServer forward = ForwardServer.start(TestingRules.rules(rule), line -> {});
        ForwardControl control =
            ForwardControl.start(forward, folder.resolve("control"), null, order -> {})) {
      SocketKeeper.keep(keeper.path(), control.path());
      forward.handOver(); // leaves the name of the unix socket
    }
  }

  private ForwardRule rule(String... listens) {
    List<String> all = new ArrayList<>(List.of(listens));
    all.addAll(List.of("to", "127.0.0.1:" + service.getLocalPort()));
    return TestingRules.rule("web", all.toArray(String[]::new));
  }

  @AfterEach
  void end() throws Exception {
    keeper.close();
    service.close();
  }

  private HandOver taken(ForwardRule by) throws IOException {
    return ForwardControl.takeOver(keeper.path(), by.listens(), null);
  }

  private static List<Listen> listens(HandOver handOver) {
    return handOver.sockets().stream().map(ListenSocket::listen).toList();
  }

  private void awaitServed(Socket client) throws Exception {
    try (Socket server = service.accept()) {
      client.getOutputStream().write(1);
      assertThat(server.getInputStream().read()).isEqualTo(1);
    }
  }

  @Test
  void who_comes_waits_although_the_first_start_after_a_death_fails() throws Exception {
    try (HandOver failed = taken(rule)) {
      assertThat(listens(failed)).isEqualTo(rule.listens());
      failed.sockets().forEach(ListenSocket::leave); // it ends
    }
    try (Socket client = new Socket("127.0.0.1", port);
        HandOver next = taken(rule);
        ForwardServer forward =
            ForwardServer.start(
                TestingRules.rules(rule),
                next.sockets(),
                host -> {
                  throw new HostException("there is no other one");
                },
                line -> {})) {
      assertThat(listens(next)).isEqualTo(rule.listens());
      assertThat(forward.addresses()).hasSize(1);
      awaitServed(client);
    }
  }

  @Test
  void what_the_next_one_does_not_want_is_free_for_others() throws Exception {
    ForwardRule changed = rule("listen", ":" + port);
    try (HandOver next = taken(changed)) {
      assertThat(next.sockets()).isEmpty();
      SocketKeeper.drop(keeper.path(), next.unwanted());
      try (ForwardServer forward = ForwardServer.start(TestingRules.rules(changed), line -> {});
          Socket client = new Socket("127.0.0.1", port)) {
        assertThat(forward.addresses()).hasSize(1);
        awaitServed(client);
      }
    }
  }

  @Test
  void what_the_next_one_lets_in_by_a_unix_socket_is_what_its_rules_say() throws Exception {
    assertThat(mode()).isEqualTo("rw-------");
    ForwardRule changed =
        rule("listen", "127.0.0.1:" + port, "listen", "unix:" + name + ",mode=0666");
    try (HandOver next = taken(changed)) {
      assertThat(mode()).as("until it serves").isEqualTo("rw-------");
      next.taken();
      assertThat(mode()).isEqualTo("rw-rw-rw-");
      next.sockets().forEach(ListenSocket::leave);
    }
  }

  private String mode() throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(name));
  }

  @Test
  void a_socket_whose_name_has_gone_is_made_anew() throws Exception {
    Files.delete(name);
    try (HandOver next = taken(rule)) {
      assertThat(listens(next)).containsExactly(rule.listens().getFirst());
      assertThat(next.unwanted()).containsExactly(rule.listens().getLast().display());
      next.sockets().forEach(ListenSocket::leave);
    }
  }
}
