package dev.godwit.forward.server;

import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.forward.rules.ForwardRule;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a destination notices of being tried, and who notices that it is down. */
@Timeout(TestingPatience.TEST_SECONDS)
final class HealthChecksTest {
  @Test
  void a_service_does_not_see_the_checks_that_find_it_up() throws Exception {
    int port = TestingPorts.free();
    List<String> log = new CopyOnWriteArrayList<>();
    AtomicInteger accepted = new AtomicInteger();
    try (ForwardServer forward =
        ForwardServer.start(
            rules(
                rule("web", "listen", "127.0.0.1:0", "to", "127.0.0.1:" + port, "check", "100ms")),
            log::add)) {
      TestingPatience.await("that it is down", () -> says(log, "is down"));
      try (ServerSocket service = new ServerSocket(port, 50, InetAddress.getByName("127.0.0.1"))) {
        Thread.ofPlatform().daemon().start(() -> count(service, accepted));
        TestingPatience.await("that it is up", () -> says(log, "is up again"));
        assertThat(forward.status().groups().getFirst().to().getFirst().up()).isTrue();
        // One of a check that this machine kept waiting for 200 ms may be seen.
        assertThat(accepted).hasValueLessThan(Destinations.RISE);
      }
    }
  }

  @Test
  void what_a_reload_no_longer_has_checked_is_tried_again() throws Exception {
    int port = TestingPorts.free();
    List<String> log = new CopyOnWriteArrayList<>();
    List<String> unchecked = List.of("web", "listen", "127.0.0.1:0", "to", "127.0.0.1:" + port);
    List<String> checked = new ArrayList<>(unchecked);
    checked.addAll(List.of("check", "100ms"));
    try (ForwardServer forward = ForwardServer.start(rules(of(checked)), log::add)) {
      TestingPatience.await("that it is down", () -> !isUp(forward));
      forward.reload(rules(of(unchecked)));
      TestingPatience.await("that it counts as up", () -> isUp(forward));
      String told = port + " is no longer checked, and counts as up again";
      TestingPatience.await(
          "it to be told", () -> log.stream().anyMatch(line -> line.endsWith(told)));
      forward.reload(rules(of(checked)));
      TestingPatience.await("that it is down again", () -> !isUp(forward));
    }
  }

  private static ForwardRule of(List<String> words) throws Exception {
    return rule(words.getFirst(), words.subList(1, words.size()).toArray(String[]::new));
  }

  private static boolean isUp(ForwardServer forward) throws InterruptedException {
    return forward.status().groups().getFirst().to().getFirst().up();
  }

  /** On a port where nobody listens for connections either, and the kernel gives to nobody else. */
  private static DatagramSocket datagrams(InetAddress here) throws IOException {
    while (true) {
      try {
        return new DatagramSocket(TestingPorts.free(), here);
      } catch (BindException e) {
        // another one
      }
    }
  }

  /** A client with a port of its own sends from it for ever. */
  @Test
  void a_session_of_datagrams_leaves_a_destination_that_is_down() throws Exception {
    InetAddress here = InetAddress.getByName("127.0.0.1");
    try (DatagramSocket first = datagrams(here);
        ServerSocket checked = new ServerSocket(first.getLocalPort(), 50, here);
        DatagramSocket second = datagrams(here);
        ServerSocket other = new ServerSocket(second.getLocalPort(), 50, here);
        DatagramSocket client = new DatagramSocket(0, here);
        ForwardServer forward =
            ForwardServer.start(
                rules(
                    rule(
                        "dns",
                        "listen",
                        "udp:127.0.0.1:0",
                        "to",
                        "127.0.0.1:" + first.getLocalPort(),
                        "to",
                        "127.0.0.1:" + second.getLocalPort(),
                        "check",
                        "100ms")),
                line -> {})) {
      DatagramPacket question =
          new DatagramPacket(new byte[] {1}, 1, forward.addresses().getFirst());
      for (DatagramSocket socket : List.of(first, second)) {
        socket.setSoTimeout(TestingPatience.MILLIS);
      }
      client.send(question);
      first.receive(new DatagramPacket(new byte[1], 1));
      checked.close();
      TestingPatience.await(
          "that the first is down",
          () -> !forward.status().groups().getFirst().to().getFirst().up());
      client.send(question);
      second.receive(new DatagramPacket(new byte[1], 1));
      other.close();
      TestingPatience.await(
          "that both are down", () -> !forward.status().groups().getFirst().to().getLast().up());
      client.send(question);
      second.receive(new DatagramPacket(new byte[1], 1)); // it stays, for none is better
    }
  }

  private static boolean says(List<String> log, String what) {
    return log.stream().anyMatch(line -> line.contains(what));
  }

  private static void count(ServerSocket service, AtomicInteger accepted) {
    try {
      while (true) {
        service.accept().close();
        accepted.incrementAndGet();
      }
    } catch (IOException e) {
      return; // closed
    }
  }
}
