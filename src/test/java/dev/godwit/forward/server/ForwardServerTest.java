package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.forward.Callers;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.Limits;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.relay.ProxyHeader;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.TestingMemory;
import dev.godwit.forward.rules.Balance;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.Listen;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.Identity;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code godwit forward} within this process. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardServerTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @TempDir private Path directory;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<String> log = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : opened.reversed()) {
      c.close();
    }
  }

  private <T extends AutoCloseable> T closing(T one) {
    opened.add(one);
    return one;
  }

  private ForwardServer forward(String... keysAndValues) throws IOException {
    return closing(ForwardServer.start(rules(rule("test", keysAndValues)), log::add));
  }

  private ServerSocket service() throws IOException {
    return closing(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
  }

  /** Answers each connection with its word and closes. */
  private int saying(String word) throws IOException {
    ServerSocket service = service();
    say(service, word);
    return service.getLocalPort();
  }

  private static void say(ServerSocket service, String word) {
    Thread.ofVirtual()
        .start(
            () -> {
              while (!service.isClosed()) {
                try (Socket s = service.accept()) {
                  s.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  continue; // a health check has gone already
                }
              }
            });
  }

  private Socket client(ForwardServer forward) throws IOException {
    return client(forward.addresses().getFirst());
  }

  private Socket client(InetSocketAddress address) throws IOException {
    Socket socket =
        closing(
            address.getAddress().isAnyLocalAddress()
                ? new Socket("127.0.0.1", address.getPort())
                : new Socket(address.getAddress(), address.getPort()));
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  private Socket accepted(ServerSocket service) throws IOException {
    service.setSoTimeout(TestingPatience.MILLIS);
    Socket socket = closing(service.accept());
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  private static String all(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private static ForwardStatus.Group group(ForwardServer forward) {
    try {
      return forward.status().groups().getFirst();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

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
  void h51_beyond_a_limit_a_client_is_refused_at_once_and_counted() throws Exception {
    ServerSocket service = service();
    ForwardServer forward =
        forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort(), "max", "2");
    client(forward);
    client(forward);
    await(() -> group(forward).open() == 2);
    Socket third = client(forward);
    assertThatThrownBy(() -> third.getInputStream().read()).hasMessageContaining("reset");
    assertThat(group(forward).refused()).isEqualTo(1);
    assertThat(group(forward).errors()).containsEntry("refused: the limit of the group, 2", 1L);
    assertThat(group(forward).callers()).extracting(Callers.Seen::total).containsExactly(3L);
    assertThat(group(forward).callers()).extracting(Callers.Seen::open).containsExactly(2);
  }

  /** Who has to say a name, or send a header, and has not yet. */
  @ParameterizedTest
  @CsvSource({"sni, a.example=127.0.0.1:1", "accept-proxy, 127.0.0.0/8"})
  void h51_who_has_said_nothing_counts_for_the_limit_of_the_group(String key, String value)
      throws Exception {
    ForwardServer forward =
        forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1", "max", "2", key, value);
    Socket first = client(forward);
    client(forward);
    for (int i = 0; i < 3; i++) {
      Socket beyond = client(forward);
      assertThatThrownBy(() -> beyond.getInputStream().read()).hasMessageContaining("reset");
    }
    assertThat(group(forward).errors()).containsEntry("refused: the limit of the group, 2", 3L);
    first.close();
    await(() -> group(forward).callers().getFirst().open() == 1);
    client(forward);
    await(() -> group(forward).callers().getFirst().open() == 2);
  }

  @ParameterizedTest
  @CsvSource({"sni, a.example=127.0.0.1:1", "accept-proxy, 127.0.0.0/8"})
  void who_has_said_nothing_is_waited_for_by_a_drain_and_reset_by_a_close(String key, String value)
      throws Exception {
    ForwardServer forward = forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1", key, value);
    Socket silent = client(forward);
    await(() -> group(forward).callers().size() == 1);
    forward.drain("test", Duration.ofSeconds(20));
    assertThatThrownBy(() -> client(forward).getInputStream().read()).hasMessageContaining("reset");
    assertThat(group(forward).mode()).isEqualTo(GroupMode.DRAIN);
    forward.close("test");
    assertThatThrownBy(() -> silent.getInputStream().read()).hasMessageContaining("reset");
    assertThat(group(forward).errors()).containsEntry("the group was closed", 1L);
    assertThat(group(forward).callers().getFirst().open()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"sni, a.example=127.0.0.1:1", "accept-proxy, 127.0.0.0/8"})
  void who_has_said_nothing_is_reset_when_the_process_ends(String key, String value)
      throws Exception {
    ForwardServer forward = forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1", key, value);
    Socket silent = client(forward);
    await(() -> group(forward).callers().size() == 1);
    forward.close();
    assertThatThrownBy(() -> silent.getInputStream().read()).hasMessageContaining("reset");
  }

  @Test
  void h51_while_readers_that_have_stopped_keep_much_nobody_more_is_let_in() throws Exception {
    ServerSocket service = service();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort());
    client(forward);
    await(() -> group(forward).open() == 1);
    for (Relay relay : forward.relays()) {
      TestingMemory.take(relay);
    }
    Socket refused = client(forward);
    assertThatThrownBy(() -> refused.getInputStream().read()).hasMessageContaining("reset");
    assertThat(group(forward).refused()).isEqualTo(1);
    assertThat(group(forward).errors())
        .containsOnlyKeys("refused: the limit of memory, 192 MiB for readers that have stopped");
    assertThat(group(forward).open()).isEqualTo(1);
  }

  @Test
  void h51_one_client_address_cannot_take_every_place() throws Exception {
    ServerSocket service = service();
    ForwardServer forward =
        forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort(), "max-per-client", "1");
    Socket first = client(forward.addresses().get(0));
    Socket again = client(forward.addresses().get(0));
    assertThatThrownBy(() -> again.getInputStream().read()).hasMessageContaining("reset");
    Socket other = client(forward.addresses().get(1)); // ::1
    await(() -> group(forward).open() == 2);
    assertThat(other.isClosed()).isFalse();
    first.close();
    accepted(service).close();
    await(() -> group(forward).callers().stream().anyMatch(c -> c.open() == 0));
    client(forward.addresses().get(0));
    await(() -> group(forward).open() == 2);
  }

  @Test
  void h51_more_than_the_descriptors_allow_is_refused_at_the_start() {
    ForwardRules rules =
        new ForwardRules(
            List.of(rule("x", "listen", "0", "to", "127.0.0.1:1")),
            10_000_000,
            Duration.ZERO,
            null,
            null);
    assertThatThrownBy(() -> ForwardServer.start(rules, log::add))
        .hasMessageMatching(
            ".*: the limit of \\d+ descriptors allows \\d+ \\(2 each, and 512 for the program, its"
                + " listeners and the pipes through which much passes\\); raise it.*");
    assertThatThrownBy(() -> DescriptorRoom.connectionsMax(60_000, Limits.GUESTS_MAX))
        .hasMessageContaining("a forwarder has 50000 at most")
        .hasMessageNotContaining("descriptors");
  }

  @Test
  void an_idle_connection_is_reset_and_a_busy_one_is_not() throws Exception {
    ServerSocket service = service();
    ForwardServer forward =
        forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort(), "idle-limit", "2s");
    Socket idle = client(forward);
    Socket idleServer = accepted(service);
    Socket busy = client(forward);
    Socket busyServer = accepted(service);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  busyServer.getOutputStream().write(1);
                  Thread.sleep(200);
                }
              } catch (IOException | InterruptedException e) {
                return;
              }
            });
    assertThatThrownBy(() -> idle.getInputStream().read()).hasMessageContaining("reset");
    assertThat(idleServer.isClosed()).isFalse();
    assertThat(busy.getInputStream().read()).isEqualTo(1);
    assertThat(group(forward).errors()).containsEntry("idle for longer than the limit", 1L);
    assertThat(group(forward).open()).isEqualTo(1);
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
    ServerSocket service = service();
    int port = service.getLocalPort();
    service.close();
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
    assertThat((System.nanoTime() - start) / 1_000_000).isBetween(600L, 3000L);
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
  void h49_a_header_that_comes_byte_by_byte_is_read_and_not_one_byte_more() throws Exception {
    ServerSocket service = service();
    String to = "127.0.0.1:" + service.getLocalPort();
    ForwardServer trusting =
        forward("listen", "0", "to", to, "accept-proxy", "127.0.0.1", "client-address", "proxy-v1");
    InetSocketAddress client = new InetSocketAddress("192.0.2.9", 4000);
    InetSocketAddress destination = new InetSocketAddress("192.0.2.1", 25);
    for (byte[] header :
        new byte[][] {
          ProxyHeader.version1(client, destination), ProxyHeader.version2(client, destination)
        }) {
      Socket one = client(trusting.addresses().get(0));
      for (byte b : header) {
        one.getOutputStream().write(b); // in as many pieces as there can be
        one.getOutputStream().flush();
      }
      one.getOutputStream().write("data".getBytes());
      one.shutdownOutput();
      assertThat(all(accepted(service)))
          .isEqualTo("PROXY TCP4 192.0.2.9 192.0.2.1 4000 25\r\ndata");
    }
  }

  /** How a stream begins. */
  private enum Beginning {
    PRESENT,
    ABSENT,
    MALFORMED,
    /** Behind what shows that it is a header. */
    CUT,
    /** Before that. */
    CUT_EARLY
  }

  private static byte[] beginning(Beginning what, int version) {
    InetSocketAddress client = new InetSocketAddress("192.0.2.9", 4000);
    InetSocketAddress destination = new InetSocketAddress("192.0.2.1", 25);
    byte[] whole =
        version == 1
            ? ProxyHeader.version1(client, destination)
            : ProxyHeader.version2(client, destination);
    return switch (what) {
      case PRESENT -> whole;
      case ABSENT -> new byte[0];
      case MALFORMED -> {
        whole[version == 1 ? 8 : 12] = 'x'; // the family; the version
        yield whole;
      }
      case CUT -> Arrays.copyOf(whole, 14);
      case CUT_EARLY -> Arrays.copyOf(whole, 5);
    };
  }

  /** In one piece: what comes behind a header that is refused meets a reset. */
  private static void say(Socket socket, byte[] begins, String data) throws IOException {
    byte[] all = Arrays.copyOf(begins, begins.length + data.length());
    System.arraycopy(
        data.getBytes(StandardCharsets.US_ASCII), 0, all, begins.length, data.length());
    socket.getOutputStream().write(all);
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      return; // it is reset already
    }
  }

  /** Whether the beginning counts as a header, which nobody may send who is not trusted. */
  private static boolean isHeader(Beginning what) {
    return what != Beginning.ABSENT && what != Beginning.CUT_EARLY;
  }

  /** Trusted or not, with which header and how it comes: all of them. */
  @ParameterizedTest
  @EnumSource
  void h49_a_header_is_believed_from_trusted_peers_only_and_mandatory_there(Beginning what)
      throws Exception {
    ServerSocket service = service();
    String to = "127.0.0.1:" + service.getLocalPort();
    ForwardServer forward =
        forward("listen", "0", "to", to, "accept-proxy", "127.0.0.1", "client-address", "proxy-v1");
    boolean isCut = what == Beginning.CUT || what == Beginning.CUT_EARLY;
    for (int version = 1; version <= 2; version++) {
      byte[] begins = beginning(what, version);
      String data = isCut ? "" : "data";
      Socket trusted = client(forward.addresses().get(0));
      say(trusted, begins, data);
      if (what == Beginning.PRESENT) {
        assertThat(all(accepted(service)))
            .isEqualTo("PROXY TCP4 192.0.2.9 192.0.2.1 4000 25\r\ndata");
      } else {
        assertThatThrownBy(() -> all(trusted)).hasMessageContaining("reset");
      }
      Socket stranger = client(forward.addresses().get(1));
      say(stranger, begins, data);
      Socket reached = accepted(service);
      if (isHeader(what)) {
        assertThatThrownBy(() -> all(stranger)).hasMessageContaining("reset");
        assertThatThrownBy(() -> all(reached)).hasMessageContaining("reset");
      } else {
        assertThat(all(reached))
            .startsWith("PROXY TCP6 ::1 ::1 ")
            .endsWith("\r\n" + new String(begins, StandardCharsets.ISO_8859_1) + data);
      }
    }
    Map<String, Long> errors = group(forward).errors();
    String forged = "client: a PROXY header from a peer that is not trusted";
    assertThat(errors.getOrDefault(forged, 0L)).isEqualTo(isHeader(what) ? 2 : 0);
    assertThat(
            errors.entrySet().stream()
                .filter(e -> e.getKey().startsWith("trusted peer: "))
                .mapToLong(Map.Entry::getValue)
                .sum())
        .isEqualTo(what == Beginning.PRESENT ? 0 : 2);
  }

  /** What a proxy before us says of its client beyond the addresses is the service's too. */
  @Test
  void tlvs_of_a_trusted_peer_are_passed_on_by_proxy_v2() throws Exception {
    ServerSocket service = service();
    ForwardServer forward =
        forward(
            "listen",
            "127.0.0.1:0",
            "to",
            "127.0.0.1:" + service.getLocalPort(),
            "accept-proxy",
            "127.0.0.1",
            "client-address",
            "proxy-v2");
    byte[] name = "www.example.org".getBytes(StandardCharsets.US_ASCII);
    byte[] tlvs =
        ByteBuffer.allocate(3 + name.length + 6)
            .put((byte) 2) // PP2_TYPE_AUTHORITY
            .putShort((short) name.length)
            .put(name)
            .put(new byte[] {(byte) 0xea, 0, 3, 1, 2, 3})
            .array();
    for (String[] ends : new String[][] {{"192.0.2.7", "192.0.2.1"}, {"2001:db8::7", "::1"}}) {
      byte[] header =
          ProxyHeader.version2(
              new InetSocketAddress(ends[0], 4711), new InetSocketAddress(ends[1], 25), tlvs);
      Socket client = client(forward);
      client.getOutputStream().write(header);
      client.getOutputStream().write('x');
      Socket server = accepted(service);
      assertThat(server.getInputStream().readNBytes(header.length)).isEqualTo(header);
      assertThat(server.getInputStream().read()).isEqualTo('x');
    }
  }

  @Test
  void h49_without_trusted_peers_a_stream_may_begin_as_it_likes() throws Exception {
    ServerSocket service = service();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort());
    Socket one = client(forward);
    one.getOutputStream().write("PROXY TCP4 is only text here".getBytes());
    one.shutdownOutput();
    assertThat(all(accepted(service))).isEqualTo("PROXY TCP4 is only text here");
  }

  @Test
  void tls_clients_go_where_the_name_says_and_their_bytes_arrive_whole() throws Exception {
    ServerSocket one = service();
    ServerSocket two = service();
    ServerSocket other = service();
    ForwardServer forward =
        forward(
            "listen",
            "0",
            "to",
            "127.0.0.1:" + other.getLocalPort(),
            "sni",
            "one.example.org=127.0.0.1:" + one.getLocalPort(),
            "sni",
            "*.example.net=127.0.0.1:" + two.getLocalPort());
    record Case(String name, ServerSocket expected) {}
    for (Case c :
        List.of(
            new Case("one.example.org", one),
            new Case("ONE.example.org", one),
            new Case("a.example.net", two),
            new Case("a.b.example.net", other),
            new Case("unknown.example.org", other))) {
      byte[] hello = hello(c.name);
      Socket client = client(forward);
      client.getOutputStream().write(hello, 0, 100);
      client.getOutputStream().flush();
      Thread.sleep(20);
      client.getOutputStream().write(hello, 100, hello.length - 100);
      InputStream in = accepted(c.expected).getInputStream();
      assertThat(in.readNBytes(hello.length)).as(c.name).isEqualTo(hello);
    }
    Socket plain = client(forward);
    plain.getOutputStream().write("GET /".getBytes());
    assertThat(accepted(other).getInputStream().readNBytes(5)).asString().isEqualTo("GET /");
  }

  private static byte[] hello(String host) throws Exception {
    var engine = SSLContext.getDefault().createSSLEngine(host, 443);
    engine.setUseClientMode(true);
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    return java.util.Arrays.copyOf(out.array(), out.position());
  }

  @Test
  void datagrams_go_there_and_back_by_client() throws Exception {
    DatagramSocket service = closing(new DatagramSocket(0, InetAddress.getByName("127.0.0.1")));
    Thread.ofVirtual().start(() -> answer(service));
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
  void clients_of_datagrams_are_counted_at_their_destination() throws Exception {
    DatagramSocket service = closing(new DatagramSocket(0, InetAddress.getByName("127.0.0.1")));
    Thread.ofVirtual().start(() -> answer(service));
    ForwardServer forward =
        forward(
            "listen", "udp::0", "to", "127.0.0.1:" + service.getLocalPort(), "idle-limit", "1s");
    int port = forward.addresses().getFirst().getPort();
    for (String word : List.of("one", "two")) {
      DatagramSocket client = closing(new DatagramSocket());
      assertThat(asked(client, "127.0.0.1", port, word)).isEqualTo("re " + word);
      assertThat(asked(client, "127.0.0.1", port, "again")).isEqualTo("re again");
    }
    ForwardStatus.Place there = group(forward).to().getFirst();
    assertThat(there.total()).isEqualTo(2);
    assertThat(there.open()).isBetween(1, 2);
    await(() -> group(forward).udpSessions() == 0);
    await(() -> group(forward).to().getFirst().open() == 0);
    assertThat(group(forward).to().getFirst().total()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "udp::0, 'datagrams are passed on by sockets of this host'",
    "udp:0, its clients are on this host",
    "'udp::0,0',"
        + " 'datagrams are passed on by sockets of this host, and its other clients are on this host'"
  })
  void why_the_destination_of_datagrams_sees_this_host(String listens, String why)
      throws Exception {
    List<String> rule = new ArrayList<>(List.of("to", "127.0.0.1:1"));
    for (String listen : listens.split(",")) {
      rule.addAll(List.of("listen", listen));
    }
    ForwardServer forward = forward(rule.toArray(String[]::new));
    assertThat(group(forward).clientAddress()).isEqualTo("plain");
    assertThat(group(forward).clientAddressWhy()).isEqualTo(why);
  }

  /** More clients than there are sessions, each from a port of its own that it never uses again. */
  @Test
  void h51_datagrams_of_many_clients_have_no_more_sessions_than_there_may_be() throws Exception {
    DatagramSocket service = closing(new DatagramSocket(0, InetAddress.getByName("127.0.0.1")));
    Thread.ofVirtual().start(() -> answer(service));
    ForwardServer forward =
        forward(
            "listen",
            "udp:127.0.0.1:0",
            "to",
            "127.0.0.1:" + service.getLocalPort(),
            "idle-limit",
            "1h");
    InetSocketAddress to = forward.addresses().getFirst();
    int most = 4096;
    for (int i = 0; i < most; i++) {
      try (DatagramSocket one =
          new DatagramSocket(20_000 + i, InetAddress.getByName("127.0.0.9"))) {
        one.send(new DatagramPacket(new byte[] {'x'}, 1, to));
      }
      if (i % 64 == 63) { // no more than the queue of a socket takes
        int sent = i + 1;
        await(() -> group(forward).udpSessions() == sent);
      }
    }
    Thread.sleep(1100); // one that is younger than a second is not given up for another
    DatagramSocket late = closing(new DatagramSocket());
    assertThat(asked(late, "127.0.0.1", to.getPort(), "late")).isEqualTo("re late");
    assertThat(group(forward).udpSessions()).isEqualTo(most);
  }

  @Test
  void an_answer_comes_from_the_address_that_was_asked() throws Exception {
    DatagramSocket service = closing(new DatagramSocket(0, InetAddress.getByName("127.0.0.1")));
    Thread.ofVirtual().start(() -> answer(service));
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

  private static void answer(DatagramSocket service) {
    try {
      byte[] buffer = new byte[2000];
      while (true) {
        DatagramPacket p = new DatagramPacket(buffer, buffer.length);
        service.receive(p);
        byte[] answer = ("re " + new String(buffer, 0, p.getLength())).getBytes();
        service.send(new DatagramPacket(answer, answer.length, p.getSocketAddress()));
      }
    } catch (IOException e) {
      return;
    }
  }

  private static String asked(DatagramSocket socket, String host, int port, String text)
      throws IOException {
    socket.setSoTimeout(TestingPatience.MILLIS);
    socket.send(
        new DatagramPacket(text.getBytes(), text.length(), InetAddress.getByName(host), port));
    DatagramPacket p = new DatagramPacket(new byte[2000], 2000);
    socket.receive(p);
    return new String(p.getData(), 0, p.getLength());
  }

  @Test
  void what_passes_is_counted_and_who_came_is_known() throws Exception {
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + saying("hello"));
    for (int i = 0; i < 3; i++) {
      try (Socket one = client(forward)) {
        assertThat(all(one)).isEqualTo("hello");
      }
    }
    await(() -> group(forward).open() == 0);
    ForwardStatus.Group g = group(forward);
    assertThat(g.total()).isEqualTo(3);
    assertThat(g.bytes()).isEqualTo(15);
    assertThat(g.callers()).singleElement().satisfies(c -> assertThat(c.total()).isEqualTo(3));
    assertThat(forward.status().metrics())
        .contains("godwit_forward_connections_total{group=\"test\"} 3\n")
        .contains("godwit_forward_bytes_total{group=\"test\"} 15\n");
  }

  /** As many as are known. */
  @Test
  void all_who_came_are_in_the_json() throws Exception {
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + saying("hello"));
    InetSocketAddress to = forward.addresses().getFirst();
    int many = 120;
    for (int i = 1; i <= many; i++) {
      try (Socket one = new Socket(to.getAddress(), to.getPort(), address("127.0.1." + i), 0)) {
        assertThat(all(one)).isEqualTo("hello");
      }
    }
    Map<?, ?> told = first(forward.status().json().get("groups"));
    assertThat((List<?>) told.get("callers")).hasSize(many);
  }

  private static InetAddress address(String text) throws IOException {
    return InetAddress.getByName(text);
  }

  @Test
  void the_status_says_how_old_the_oldest_is_and_when_somebody_was_seen() throws Exception {
    ServerSocket service = service();
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + service.getLocalPort());
    long before = System.currentTimeMillis();
    Socket oldest = client(forward);
    accepted(service);
    await(() -> group(forward).open() == 1);
    long seen = group(forward).callers().getFirst().lastMillis();
    assertThat(seen).isBetween(before, System.currentTimeMillis());
    await(() -> group(forward).oldestSeconds() >= 1);
    long later = System.currentTimeMillis();
    client(forward);
    accepted(service);
    await(() -> group(forward).open() == 2);
    assertThat(group(forward).oldestSeconds()).as("of two").isPositive();
    assertThat(group(forward).callers().getFirst().lastMillis()).isGreaterThanOrEqualTo(later);
    Map<?, ?> told = first(forward.status().json().get("groups"));
    assertThat((Long) told.get("oldest_seconds")).isPositive();
    Map<?, ?> caller = first(told.get("callers"));
    assertThat(Instant.parse((String) caller.get("last_seen")))
        .isBetween(Instant.ofEpochMilli(later), Instant.now());
    oldest.setSoLinger(true, 0);
    oldest.close();
    await(() -> group(forward).open() == 1);
    assertThat(group(forward).oldestSeconds())
        .as("of the one that came last")
        .isLessThanOrEqualTo(age(later));
  }

  private static Map<?, ?> first(@Nullable Object list) {
    return (Map<?, ?>) ((List<?>) Objects.requireNonNull(list)).getFirst();
  }

  private static long age(long sinceMillis) {
    return (System.currentTimeMillis() - sinceMillis) / 1000;
  }

  @Test
  void metrics_are_served_over_http() throws Exception {
    ForwardServer forward = forward("listen", "0", "to", "127.0.0.1:" + saying("hello"));
    assertThat(all(client(forward))).isEqualTo("hello");
    int port = TestingPorts.free();
    Listen.Port at = ForwardRules.page(new InetSocketAddress(LOOPBACK, port));
    ForwardControl unused =
        closing(
            ForwardControl.start(
                forward,
                directory.resolve("control"),
                ListenSocket.open(at).getFirst(),
                order -> {}));
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest.Builder asks =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
              .version(HttpClient.Version.HTTP_1_1);
      HttpResponse<String> page = http.send(asks.build(), HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Content-Type"))
          .hasValue("text/plain; version=0.0.4; charset=utf-8");
      assertThat(page.body())
          .contains("# TYPE godwit_forward_connections_total counter\n")
          .contains("godwit_forward_connections_total{group=\"test\"} 1\n");
      HttpRequest wrong = asks.POST(HttpRequest.BodyPublishers.ofString("x")).build();
      assertThat(http.send(wrong, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(405);
    }
  }

  /** Who has sent its end sends no more of what is missing. */
  @ParameterizedTest
  @CsvSource({"sni, a.example=127.0.0.1:1", "accept-proxy, 127.0.0.0/8"})
  void what_ends_within_its_beginning_is_reset_at_once(String key, String value) throws Exception {
    ForwardServer forward = forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1", key, value);
    byte[] begins = key.equals("sni") ? new byte[] {22, 3, 1} : new byte[] {13, 10, 13, 10};
    Socket client = client(forward);
    client.getOutputStream().write(begins);
    await(() -> group(forward).callers().size() == 1);
    client.shutdownOutput();
    client.setSoTimeout(3_000); // who may go on has 5 s
    assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
    Socket atOnce = client(forward);
    atOnce.getOutputStream().write(begins);
    atOnce.shutdownOutput();
    atOnce.setSoTimeout(3_000);
    assertThatThrownBy(() -> atOnce.getInputStream().read()).hasMessageContaining("reset");
  }

  @Test
  void who_asks_half_a_question_keeps_nobody_out() throws Exception {
    ForwardServer forward = forward("listen", "127.0.0.1:0", "to", "127.0.0.1:1");
    Listen.Port at = ForwardRules.page(new InetSocketAddress(LOOPBACK, TestingPorts.free()));
    Path control = directory.resolve("control");
    ForwardControl unused =
        closing(
            ForwardControl.start(forward, control, ListenSocket.open(at).getFirst(), order -> {}));
    for (int i = 0; i < 40; i++) {
      client(new InetSocketAddress(LOOPBACK, at.port())).getOutputStream().write('G');
      SocketChannel half = closing(SocketChannel.open(UnixDomainSocketAddress.of(control)));
      half.write(ByteBuffer.wrap(new byte[] {'s'}));
    }
    assertThat(ForwardControl.SOCKETS.ask(control, "status")).contains("test");
    for (String[] asked :
        new String[][] {
          {"GET /metrics", "200", "godwit_forward"},
          {"HEAD /metrics", "200", "Content-Length: "},
          {"GET /?a=b", "200", "godwit_forward"},
          {"GET /nosuch", "404", "Content-Length: 0"},
          {"POST /metrics", "405", "Allow: GET, HEAD"}
        }) {
      Socket client = client(new InetSocketAddress(LOOPBACK, at.port()));
      client
          .getOutputStream()
          .write((asked[0] + " HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      String answer = all(client);
      assertThat(answer).startsWith("HTTP/1.1 " + asked[1] + " ").contains(asked[2]);
      if (asked[0].startsWith("HEAD")) {
        assertThat(answer).endsWith("\r\n\r\n");
      }
    }
  }
}
