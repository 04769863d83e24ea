package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.rules.Balance;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.Identity;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code godwit forward} within this process: where it listens and leads to, and what a hold and
 * other rules change of it.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardServerTest extends TestingForwarder {
  @Test
  void a_bare_port_is_loopback_of_both_families_only() throws Exception {
    int port = saying("hello");
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + port);
    assertThat(forward.addresses()).hasSize(2);
    assertThat(forward.addresses()).allMatch(a -> a.getAddress().isLoopbackAddress());
    for (InetSocketAddress address : forward.addresses()) {
      assertThat(all(client(address))).isEqualTo("hello");
    }
  }

  @Test
  void a_colon_is_every_address_of_both_families() throws Exception {
    ForwardServer forward = forward("listen", ":0", "to", "127.0.0.1:" + saying("hello"));
    int port = forward.addresses().getFirst().getPort();
    assertThat(all(client(new InetSocketAddress("127.0.0.1", port)))).isEqualTo("hello");
    assertThat(all(client(new InetSocketAddress("::1", port)))).isEqualTo("hello");
  }

  @Test
  void a_port_that_is_taken_names_the_process() throws Exception {
    ServerSocket taken = service();
    assertThatThrownBy(
            () -> forward("listen", "127.0.0.1:" + taken.getLocalPort(), "to", "127.0.0.1:1"))
        .hasMessageContaining("unable to listen on 127.0.0.1:" + taken.getLocalPort())
        .hasMessageContaining("(process " + ProcessHandle.current().pid() + ")");
    assertThatThrownBy(() -> forward("listen", "192.0.2.1:0", "to", "127.0.0.1:1"))
        .hasMessageContaining("192.0.2.1 is not an address of this host");
  }

  @Test
  void a_list_of_ports_keeps_its_order() throws Exception {
    int one = saying("one");
    int two = saying("two");
    ForwardServer forward =
        forward(
            "listen", "127.0.0.1:0", "listen", "127.0.0.1:0", "to", "127.0.0.1:" + one + "," + two);
    assertThat(all(client(forward.addresses().get(0)))).isEqualTo("one");
    assertThat(all(client(forward.addresses().get(1)))).isEqualTo("two");
  }

  @Test
  void h53_a_unix_socket_leads_to_tcp_with_half_close() throws Exception {
    ServerSocket service = service();
    Path path = directory.resolve("in.sock");
    ForwardServer forward =
        forward(
            "listen", "unix:" + path + ",mode=0660", "to", "127.0.0.1:" + service.getLocalPort());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-rw----");
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      client.write(ByteBuffer.wrap("question".getBytes()));
      client.shutdownOutput();
      Socket server = accepted(service);
      assertThat(all(server)).isEqualTo("question");
      server.getOutputStream().write("answer".getBytes());
      server.close();
      assertThat(new String(Channels.newInputStream(client).readAllBytes())).isEqualTo("answer");
    }
    forward.close();
    assertThat(path).doesNotExist();
  }

  @Test
  void tcp_leads_to_a_unix_socket() throws Exception {
    Path path = directory.resolve("out.sock");
    try (ServerSocketChannel service = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      service.bind(UnixDomainSocketAddress.of(path));
      ForwardServer forward = forward("listen", "0", "to", "unix:" + path);
      Socket client = client(forward);
      try (SocketChannel server = service.accept()) {
        server.write(ByteBuffer.wrap("hello".getBytes()));
      }
      assertThat(all(client)).isEqualTo("hello");
    }
  }

  @Test
  void a_unix_socket_has_the_owner_group_and_mode_that_were_asked_for() throws Exception {
    assumeTrue(Identity.isRoot(), "it takes root to give a socket to somebody else");
    Path path = directory.resolve("s.sock");
    String listen = "unix:" + path + ",mode=0660,owner=daemon,group=mail";
    ForwardServer named = forward("listen", listen, "to", "127.0.0.1:1");
    int daemon = Objects.requireNonNull(Accounts.user("daemon")).uid();
    int mail = Objects.requireNonNull(Accounts.group("mail")).gid();
    assertRights(path, daemon, mail, "rw-rw----");
    named.close();
    ForwardServer numbered =
        forward("listen", "unix:" + path + ",owner=12345,group=54321", "to", "127.0.0.1:1");
    assertRights(path, 12345, 54321, "rw-------");
    numbered.close();
    assertThatThrownBy(
            () -> forward("listen", "unix:" + path + ",owner=nobody-here", "to", "127.0.0.1:1"))
        .hasMessageContaining("there is no user nobody-here on this host");
    assertThat(path).doesNotExist();
  }

  private static void assertRights(Path path, int uid, int gid, String mode) throws IOException {
    assertThat(Files.getAttribute(path, "unix:uid")).isEqualTo(uid);
    assertThat(Files.getAttribute(path, "unix:gid")).isEqualTo(gid);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo(mode);
  }

  @Test
  void a_stale_unix_socket_is_replaced_and_a_living_one_is_not() throws Exception {
    Path path = directory.resolve("s.sock");
    ServerSocketChannel before = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    before.bind(UnixDomainSocketAddress.of(path));
    assertThatThrownBy(() -> forward("listen", "unix:" + path, "to", "127.0.0.1:1"))
        .hasMessageContaining("(process " + ProcessHandle.current().pid() + ") has it");
    assertThat(path).exists();
    before.close();
    forward("listen", "unix:" + path, "to", "127.0.0.1:1");
    Path file = Files.writeString(directory.resolve("file"), "precious");
    assertThatThrownBy(() -> forward("listen", "unix:" + file, "to", "127.0.0.1:1"))
        .hasMessageContaining("something else than a socket");
    assertThat(file).hasContent("precious");
  }

  @Test
  void a_socket_that_came_in_place_of_ours_is_left_alone() throws Exception {
    Path path = directory.resolve("s.sock");
    ForwardServer forward = forward("listen", "unix:" + path, "to", "127.0.0.1:1");
    Files.delete(path);
    Files.writeString(path, "somebody else's");
    forward.close();
    assertThat(path).hasContent("somebody else's");
  }

  @Test
  void round_robin_goes_to_all_in_turn() throws Exception {
    ForwardServer forward =
        forward(
            "listen",
            "0",
            "to",
            "127.0.0.1:" + saying("a"),
            "to",
            "127.0.0.1:" + saying("b"),
            "balance",
            "round-robin");
    StringBuilder said = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      said.append(all(client(forward)));
    }
    assertThat(said.toString()).isIn("ababab", "bababa");
  }

  @Test
  void h55_a_standby_takes_over_and_gives_back_without_a_failed_client() throws Exception {
    ServerSocket first = service();
    int firstPort = first.getLocalPort();
    first.close();
    int second = saying("standby");
    ForwardServer forward =
        forward(
            "listen",
            "0",
            "to",
            "127.0.0.1:" + firstPort,
            "to",
            "127.0.0.1:" + second,
            "check",
            "100ms");
    for (int i = 0; i < 5; i++) {
      assertThat(all(client(forward))).isEqualTo("standby");
    }
    await(() -> log.stream().anyMatch(l -> l.contains("is down: Connection refused")));
    assertThat(group(forward).to().getFirst().up()).isFalse();
    ServerSocket back = closing(new ServerSocket());
    back.setReuseAddress(true);
    back.bind(new InetSocketAddress("127.0.0.1", firstPort));
    say(back, "active");
    await(() -> log.stream().anyMatch(l -> l.contains("is up again")));
    assertThat(all(client(forward))).isEqualTo("active");
  }

  @Test
  void a_destination_that_comes_a_moment_later_is_waited_for() throws Exception {
    int port = TestingPorts.free();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + port);
    Socket client = client(forward);
    Thread.sleep(500);
    ServerSocket later = closing(new ServerSocket());
    later.setReuseAddress(true);
    later.bind(new InetSocketAddress("127.0.0.1", port));
    accepted(later).getOutputStream().write(7);
    assertThat(client.getInputStream().read()).isEqualTo(7);
  }

  /** A queue that is full: what comes is dropped, and nobody says so. */
  @Test
  void an_attempt_that_is_not_answered_is_given_up_after_its_limit() throws Exception {
    ServerSocket silent = closing(new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")));
    for (int i = 0; i < 2; i++) {
      closing(new Socket("127.0.0.1", silent.getLocalPort()));
    }
    ForwardServer forward =
        forward(
            "listen", "0", "to", "127.0.0.1:" + silent.getLocalPort(), "connect-limit", "100ms");
    Socket client = client(forward);
    assertThatThrownBy(() -> all(client)).hasMessageContaining("reset");
    // Another attempt is begun for two seconds; with the limit of 5 s there would be one.
    assertThat(group(forward).errors())
        .containsEntry("given up: Connection timed out", 1L)
        .hasEntrySatisfying("retried: Connection timed out", n -> assertThat(n).isGreaterThan(2));
    assertThat(group(forward).to().getFirst().lastError()).isEqualTo("Connection timed out");
  }

  @Test
  void h50_a_hold_ends_by_its_limit_and_everybody_is_served() throws Exception {
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + saying("hello"));
    forward.hold("test", Duration.ofMillis(700));
    long start = System.nanoTime();
    Socket one = client(forward);
    Socket two = client(forward);
    await(() -> group(forward).waiting() == 2);
    assertThat(group(forward).mode()).isEqualTo(GroupMode.HOLD);
    assertThat(all(one) + all(two)).isEqualTo("hellohello");
    assertThat((System.nanoTime() - start) / 1_000_000).isBetween(600L, 30_000L);
    await(() -> log.stream().anyMatch(l -> l.contains("the hold has ended by its limit")));
    assertThatThrownBy(() -> forward.hold("test", Duration.ofSeconds(301)))
        .hasMessageContaining("300 s at most");
    assertThatThrownBy(() -> forward.hold("other", Duration.ofSeconds(1)))
        .hasMessageContaining("there is no group other");
  }

  @Test
  void h52_a_release_goes_elsewhere_and_nothing_was_read_before() throws Exception {
    ServerSocket old = service();
    ServerSocket next = service();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + old.getLocalPort());
    Socket before = client(forward);
    Socket beforeServer = accepted(old);
    await(() -> group(forward).open() == 1); // until then nothing was sent, and it may be held too
    forward.hold("test", Duration.ofSeconds(20));
    for (int i = 0; i < 5; i++) {
      client(forward).getOutputStream().write('0' + i);
    }
    await(() -> group(forward).waiting() == 5);
    before.getOutputStream().write(9);
    assertThat(beforeServer.getInputStream().read()).as("it goes on").isEqualTo(9);
    forward.release("test", Endpoints.target("127.0.0.1:" + next.getLocalPort()), 0, false);
    for (int i = 0; i < 5; i++) {
      assertThat(accepted(next).getInputStream().read()).as("in order").isEqualTo('0' + i);
    }
    old.setSoTimeout(100);
    assertThatThrownBy(old::accept).hasMessageContaining("timed out");
  }

  @Test
  void h54_a_reload_sends_new_ones_elsewhere_and_says_who_is_left() throws Exception {
    ServerSocket old = service();
    ServerSocket next = service();
    int port = TestingPorts.free();
    String listen = "127.0.0.1:" + port;
    ForwardServer forward =
        closing(
            ForwardServer.start(
                rules(rule("a", "listen", listen, "to", "127.0.0.1:" + old.getLocalPort())),
                log::add));
    Socket before = client(forward);
    Socket beforeServer = accepted(old);
    forward.reload(
        rules(
            rule("b", "listen", listen, "to", "127.0.0.1:" + next.getLocalPort()),
            rule("c", "listen", "127.0.0.1:0", "to", "127.0.0.1:" + next.getLocalPort())));
    client(forward);
    accepted(next);
    before.getOutputStream().write(5);
    assertThat(beforeServer.getInputStream().read()).isEqualTo(5);
    ForwardStatus.Group left =
        forward.status().groups().stream().filter(g -> g.name().equals("a")).findFirst().get();
    assertThat(left.listens()).isEmpty();
    assertThat(left.open()).isEqualTo(1);
    before.close();
    beforeServer.close();
    await(() -> names(forward).equals(List.of("b", "c")));
  }

  /** What is open and where, by the names of the destinations; those that were left in capitals. */
  private static List<String> open(ForwardServer forward) {
    return group(forward).to().stream()
        .map(p -> (p.left() ? "LEFT " : "") + p.display() + " " + p.open())
        .toList();
  }

  @Test
  void h54_a_group_that_keeps_its_name_says_what_is_open_to_where_it_went_before()
      throws Exception {
    ServerSocket one = service();
    ServerSocket two = service();
    ServerSocket three = service();
    String first = "127.0.0.1:" + one.getLocalPort();
    String second = "127.0.0.1:" + two.getLocalPort();
    String third = "127.0.0.1:" + three.getLocalPort();
    String listen = "127.0.0.1:" + TestingPorts.free();
    ForwardServer forward = forward("listen", listen, "to", first);
    Socket toOne = client(forward);
    Socket atOne = accepted(one);
    await(() -> open(forward).equals(List.of(first + " 1")));
    forward.release("test", Endpoints.target(second), 0, false);
    Socket toTwo = client(forward);
    Socket atTwo = accepted(two);
    await(() -> open(forward).equals(List.of(second + " 1", "LEFT " + first + " 1")));
    forward.reload(rules(rule("test", "listen", listen, "to", third)));
    client(forward);
    accepted(three);
    await(() -> open(forward).size() == 3 && open(forward).getFirst().equals(third + " 1"));
    assertThat(open(forward))
        .containsExactlyInAnyOrder(third + " 1", "LEFT " + second + " 1", "LEFT " + first + " 1");
    assertThat(forward.status().metrics())
        .contains(
            "godwit_forward_destination_open{group=\"test\",destination=\""
                + first
                + "\",left=\"1\"} 1\n")
        .contains("destination=\"" + third + "\",left=\"0\"} 1\n")
        .doesNotContain("destination_up{group=\"test\",destination=\"" + first);
    assertThat(forward.status().json().toString())
        .contains("destination=" + first + ", addresses=[127.0.0.1], left=true");
    toTwo.close();
    atTwo.close();
    await(() -> open(forward).equals(List.of(third + " 1", "LEFT " + first + " 1")));
    // Where they went first is where they go again: nothing is left there.
    forward.reload(rules(rule("test", "listen", listen, "to", first)));
    await(() -> open(forward).equals(List.of(first + " 1", "LEFT " + third + " 1")));
    toOne.close();
    atOne.close();
    await(() -> open(forward).equals(List.of(first + " 0", "LEFT " + third + " 1")));
  }

  @Test
  void a_name_that_is_not_found_keeps_no_other_from_being_asked_for_again() throws Exception {
    Destinations one =
        new Destinations(
            List.of(Endpoints.target("nowhere.invalid:80"), Endpoints.target("localhost:80")),
            Balance.FIRST,
            null);
    assertThatThrownBy(one::resolve).hasMessageContaining("nowhere.invalid");
    assertThat(one.places().getLast().addresses()).hasSize(2);
  }

  private static List<String> names(ForwardServer forward) {
    try {
      return forward.status().groups().stream().map(ForwardStatus.Group::name).toList();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void a_reload_that_cannot_be_made_changes_nothing() throws Exception {
    ServerSocket taken = service();
    ForwardRule good = rule("a", "listen", "127.0.0.1:0", "to", "127.0.0.1:" + saying("hello"));
    ForwardServer forward = closing(ForwardServer.start(rules(good), log::add));
    InetSocketAddress address = forward.addresses().getFirst();
    ForwardRule bad = rule("b", "listen", "127.0.0.1:" + taken.getLocalPort(), "to", "127.0.0.1:1");
    assertThatThrownBy(() -> forward.reload(rules(good, bad))).isInstanceOf(IOException.class);
    assertThat(names(forward)).containsExactly("a");
    assertThat(all(client(address))).isEqualTo("hello");
  }

  @Test
  void a_reload_does_not_refuse_anybody() throws Exception {
    int port = saying("hello");
    String listen = "127.0.0.1:" + TestingPorts.free();
    ForwardServer forward =
        closing(
            ForwardServer.start(
                rules(rule("a", "listen", listen, "to", "127.0.0.1:" + port)), log::add));
    InetSocketAddress address = forward.addresses().getFirst();
    for (int i = 0; i < 50; i++) {
      Socket one = client(address);
      forward.reload(
          rules(
              rule(
                  "n" + i % 2, "listen", listen, "to", "127.0.0.1:" + port, "max", "" + (50 + i))));
      assertThat(all(one)).isEqualTo("hello");
    }
  }

  @Test
  void a_drain_lets_connections_end_and_stops_listening() throws Exception {
    ServerSocket service = service();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort());
    Socket client = client(forward);
    Socket server = accepted(service);
    assertThat(forward.drain(Duration.ofMillis(100))).isEqualTo(1);
    server.getOutputStream().write(3);
    assertThat(client.getInputStream().read()).isEqualTo(3);
    forward.close();
    assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
  }

  @Test
  void datagrams_go_there_and_back_by_client() throws Exception {
    DatagramSocket service = answering();
    ForwardServer forward =
        forward(
            "listen", "udp::0", "to", "127.0.0.1:" + service.getLocalPort(), "idle-limit", "1s");
    int port = forward.addresses().getFirst().getPort();
    DatagramSocket one = closing(new DatagramSocket());
    DatagramSocket two = closing(new DatagramSocket());
    assertThat(asked(one, "127.0.0.1", port, "one")).isEqualTo("re one");
    assertThat(asked(two, "::1", port, "two")).isEqualTo("re two");
    assertThat(asked(one, "127.0.0.1", port, "again")).isEqualTo("re again");
    assertThat(group(forward).udpSessions()).isEqualTo(2);
    await(() -> group(forward).udpSessions() == 0);
    assertThat(asked(one, "127.0.0.1", port, "later")).isEqualTo("re later");
  }

  @Test
  void an_answer_comes_from_the_address_that_was_asked() throws Exception {
    DatagramSocket service = answering();
    ForwardServer forward =
        forward("listen", "udp::0", "to", "127.0.0.1:" + service.getLocalPort());
    int port = forward.addresses().getFirst().getPort();
    DatagramSocket one = closing(new DatagramSocket());
    for (String address : List.of("127.0.0.5", "127.0.0.1", "::1", "127.0.0.77")) {
      // A connected socket takes answers from there only.
      one.connect(InetAddress.getByName(address), port);
      assertThat(asked(one, address, port, address)).isEqualTo("re " + address);
      one.disconnect();
    }
    assertThat(group(forward).udpSessions()).isEqualTo(4);
  }
}
