package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.LocalHost;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A connection by another host behaves as a direct one. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ViaTest {
  private final AtomicInteger connections = new AtomicInteger();

  /** The second connection to the other host is not made before. */
  private final CountDownLatch nextHost = new CountDownLatch(1);

  private ServerSocket service;
  private ForwardServer forward;

  @BeforeEach
  void start() throws Exception {
    service = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    service.setSoTimeout(TestingPatience.MILLIS);
    forward = forward("listen", "0", "to", "localhost:" + service.getLocalPort(), "via", "far");
  }

  @AfterEach
  void end() throws Exception {
    forward.close();
    service.close();
  }

  private ForwardServer forward(String... keysAndValues) throws IOException {
    RuleBuilder builder = new RuleBuilder("test");
    for (int i = 0; i < keysAndValues.length; i += 2) {
      builder.add(keysAndValues[i], keysAndValues[i + 1]);
    }
    ForwardRules rules =
        new ForwardRules(List.of(builder.build()), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
    return ForwardServer.start(
        rules,
        List.of(),
        destination -> {
          if (destination.equals("nowhere")) {
            throw new HostException("unable to reach nowhere");
          }
          if (connections.incrementAndGet() == 2) {
            await(nextHost);
          }
          return new LocalHost("via", List.of(new ConnectAbility()));
        },
        line -> {});
  }

  private static void await(CountDownLatch latch) throws HostException {
    try {
      if (!latch.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)) {
        throw new HostException("no answer");
      }
    } catch (InterruptedException e) {
      throw new HostException("interrupted");
    }
  }

  private Socket client() throws IOException {
    Socket socket = new Socket("127.0.0.1", forward.addresses().getFirst().getPort());
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  private Socket accepted() throws IOException {
    Socket socket = service.accept();
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  @Test
  void a_host_that_is_lost_and_comes_back_is_told() throws Exception {
    List<String> log = new CopyOnWriteArrayList<>();
    List<Host> hosts = new CopyOnWriteArrayList<>();
    AtomicBoolean isGone = new AtomicBoolean();
    String[] rule = {
      "listen", "127.0.0.1:0", "to", "localhost:" + service.getLocalPort(), "via", "far"
    };
    try (ForwardServer other =
        ForwardServer.start(
            TestingRules.rules(TestingRules.rule("test", rule)),
            destination -> {
              if (isGone.get()) {
                throw new HostException("no way there");
              }
              Host host = new LocalHost("via", List.of(new ConnectAbility()));
              hosts.add(host);
              return host;
            },
            log::add)) {
      InetSocketAddress at = other.addresses().getFirst();
      assertThat(log).isEmpty();
      isGone.set(true);
      hosts.getFirst().close();
      for (int i = 0; i < 2; i++) {
        try (Socket client = new Socket(at.getAddress(), at.getPort())) {
          client.setSoTimeout(TestingPatience.MILLIS);
          assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
        }
      }
      isGone.set(false);
      try (Socket client = new Socket(at.getAddress(), at.getPort());
          Socket server = accepted()) {
        server.getOutputStream().write(1);
        assertThat(client.getInputStream().read()).isEqualTo(1);
      }
    }
    TestingPatience.await("all to be told", () -> log.contains("connected to far again"));
    assertThat(log)
        .containsExactly(
            "the connection to far was lost, with all who went by it; it is made anew",
            "no client gets through by far: no way there",
            "connected to far again");
  }

  @Test
  void h53_half_close_goes_through_both_ways() throws Exception {
    try (Socket client = client();
        Socket server = accepted()) {
      client.getOutputStream().write("question".getBytes());
      client.shutdownOutput();
      assertThat(server.getInputStream().readAllBytes()).asString().isEqualTo("question");
      server.getOutputStream().write("answer".getBytes());
      server.close();
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("answer");
    }
  }

  @Test
  void h53_a_reset_stays_a_reset_from_the_service() throws Exception {
    try (Socket client = client()) {
      Socket server = accepted();
      server.getOutputStream().write(1);
      assertThat(client.getInputStream().read()).isEqualTo(1);
      server.setSoLinger(true, 0);
      server.close();
      assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
    }
  }

  @Test
  void h53_a_reset_stays_a_reset_from_the_client() throws Exception {
    Socket client = client();
    try (Socket server = accepted()) {
      client.getOutputStream().write(1);
      assertThat(server.getInputStream().read()).isEqualTo(1);
      client.setSoLinger(true, 0);
      client.close();
      assertThatThrownBy(() -> server.getInputStream().read()).hasMessageContaining("reset");
    }
  }

  @Test
  void a_client_that_does_not_read_stops_nobody_else() throws Exception {
    try (Socket slow = client();
        Socket slowServer = accepted();
        Socket quick = client();
        Socket quickServer = accepted()) {
      byte[] much = new byte[160 << 20]; // more than all buffers on the way hold
      new Random(3).nextBytes(much);
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(
              () -> {
                try {
                  slowServer.getOutputStream().write(much);
                  slowServer.shutdownOutput();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      Thread.sleep(500);
      assertThat(sending).as("flow control holds it back").isNotDone();
      for (int i = 0; i < 100; i++) {
        quickServer.getOutputStream().write(i);
        assertThat(quick.getInputStream().read()).isEqualTo(i);
      }
      byte[] got = slow.getInputStream().readAllBytes();
      sending.get();
      assertThat(MessageDigest.isEqual(got, much)).isTrue();
    }
  }

  /** A service that speaks first, and ends with its client. */
  private void sayHello() {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                while (true) {
                  Socket one = service.accept();
                  Thread.ofVirtual().start(() -> sayHello(one));
                }
              } catch (IOException e) {
                return;
              }
            });
  }

  private static void sayHello(Socket client) {
    try (client) {
      client.getOutputStream().write(7);
      client.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      return; // the client was reset
    }
  }

  @Test
  void nobody_else_waits_while_another_connection_is_made() throws Exception {
    sayHello();
    List<Socket> all = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      Socket one = client();
      assertThat(one.getInputStream().read()).isEqualTo(7);
      all.add(one);
    }
    try (Socket beyond = client()) {
      TestingPatience.await("another connection", () -> connections.get() == 2);
      all.removeFirst().close();
      try (Socket next = client()) {
        assertThat(next.getInputStream().read()).as("in the place of the first").isEqualTo(7);
      }
      assertThat(beyond.isConnected()).isTrue();
      assertThat(nextHost.getCount()).isEqualTo(1);
    }
    nextHost.countDown();
    for (Socket one : all) {
      one.close();
    }
  }

  @Test
  void hundreds_go_over_one_connection_and_the_rest_over_another() throws Exception {
    nextHost.countDown();
    sayHello();
    List<Socket> all = new ArrayList<>();
    for (int i = 0; i < 450; i++) {
      Socket one = client();
      assertThat(one.getInputStream().read()).isEqualTo(7);
      all.add(one);
    }
    assertThat(connections).hasValue(2);
    for (Socket one : all) {
      one.close();
    }
  }

  @Test
  void a_destination_that_does_not_listen_is_told_as_that() throws Exception {
    service.close();
    try (Socket client = client()) {
      assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
    }
    assertThat(forward.status().groups().getFirst().errors())
        .containsKey("given up: Connection refused");
  }

  @Test
  void a_host_that_cannot_be_reached_is_told_at_the_start() {
    assertThatThrownBy(() -> forward("listen", "0", "to", "localhost:1", "via", "nowhere"))
        .hasMessageContaining("unable to reach nowhere");
  }

  @Test
  void h51_it_goes_on_as_soon_as_there_are_descriptors_again() throws Exception {
    Thread.ofPlatform().daemon().start(this::echo);
    try (TestingVia other = TestingVia.start(service.getLocalPort());
        Socket first = other.client()) {
      ask(first, 1);
      int limit = other.leave(1); // the client's, and none for the service's
      try (Socket second = other.client()) {
        TestingPatience.await("no descriptor", () -> other.free(limit) == 0);
        Thread.sleep(500);
        other.limit(1_000);
        ask(second, 2);
      }
      try (Socket third = other.client()) {
        ask(third, 3);
      }
      ask(first, 4);
    }
  }

  @Test
  void h51_want_of_descriptors_of_the_other_host_takes_no_destination_down() throws Exception {
    Thread.ofPlatform().daemon().start(this::echo);
    try (ServerSocket standby = new ServerSocket(0);
        TestingVia other =
            TestingVia.startWithStandby(service.getLocalPort(), standby.getLocalPort());
        Socket first = other.client()) {
      ask(first, 1);
      int limit = other.leave(1); // the client's, and none for the service's
      try (Socket second = other.client()) {
        TestingPatience.await("no descriptor", () -> other.free(limit) == 0);
        TestingPatience.await(
            "it is told", () -> other.count("unable to connect to localhost:") == 1);
        Thread.sleep(500); // more attempts than take one down
        assertThat(other.count("is down")).isZero();
        assertThat(other.count("far may open no more files")).isEqualTo(1);
        assertThat(second.isConnected()).isTrue();
      }
      other.limit(1_000);
      try (Socket third = other.client()) {
        ask(third, 2); // by the first one: nobody answers at the standby
      }
      ask(first, 3);
    }
  }

  @Test
  void none_but_the_first_takes_a_thread_of_the_other_end() throws Exception {
    Thread.ofPlatform().daemon().start(this::echo);
    List<Socket> all = new ArrayList<>();
    try (TestingVia other = TestingVia.start(service.getLocalPort())) {
      for (int i = 0; i < 20; i++) {
        all.add(other.client());
        ask(all.getLast(), i);
      }
      assertThat(other.threads("godwit forward")).isEqualTo(1);
    } finally {
      for (Socket one : all) {
        one.close();
      }
    }
  }

  /** Readers that have stopped while their service sends: all of it is in the heap. */
  @Test
  void h51_no_more_are_carried_than_fit_into_the_heap_when_all_stop_to_read() throws Exception {
    AtomicLong sent = new AtomicLong();
    List<Socket> all = new ArrayList<>();
    Thread.ofPlatform().daemon().start(() -> flood(sent));
    try (TestingVia other = TestingVia.start(service.getLocalPort(), "-Xmx128m")) {
      assertThat(other.room).isBetween(16, 200);
      for (int i = 0; i < other.room; i++) {
        Socket one = other.client();
        one.getOutputStream().write(1);
        assertThat(one.getInputStream().read()).as("of connection %s", i).isEqualTo(1);
        all.add(one);
      }
      try (Socket beyond = other.client()) {
        assertThatThrownBy(
                () -> {
                  beyond.getOutputStream().write(1);
                  int unused = beyond.getInputStream().read();
                })
            .isInstanceOf(SocketException.class);
      }
      long[] last = {-1};
      TestingPatience.await(
          "the end of what is taken",
          () -> {
            long before = last[0];
            Thread.sleep(1000);
            last[0] = sent.get();
            return before == last[0];
          });
      assertThat(other.isAlive()).isTrue();
      all.removeFirst().close();
      TestingPatience.await("one who comes is let in", () -> isServed(other));
    } finally {
      for (Socket one : all) {
        one.close();
      }
    }
  }

  private static boolean isServed(TestingVia by) throws IOException {
    try (Socket one = by.client()) {
      one.getOutputStream().write(1);
      return one.getInputStream().read() == 1;
    } catch (SocketException e) {
      return false; // the one that has ended is still there
    }
  }

  /** Sends without end as soon as it is asked. */
  private void flood(AtomicLong sent) {
    try {
      while (true) {
        Socket one = service.accept();
        one.setSendBufferSize(64 * 1024);
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try (one) {
                    byte[] much = new byte[64 * 1024];
                    Arrays.fill(much, (byte) one.getInputStream().read());
                    while (true) {
                      one.getOutputStream().write(much);
                      sent.addAndGet(much.length);
                    }
                  } catch (IOException e) {
                    return; // its client has gone
                  }
                });
      }
    } catch (IOException e) {
      return; // the test is over
    }
  }

  private void echo() {
    try {
      while (true) {
        Socket one = service.accept();
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try (one) {
                    one.getInputStream().transferTo(one.getOutputStream());
                  } catch (IOException e) {
                    return; // its client has gone
                  }
                });
      }
    } catch (IOException e) {
      return; // the test is over
    }
  }

  private static void ask(Socket socket, int what) throws IOException {
    socket.getOutputStream().write(what);
    assertThat(socket.getInputStream().read()).isEqualTo(what);
  }

  @Test
  void h53_a_service_that_is_gone_without_a_word_is_noticed_by_the_other_host() throws Exception {
    try (Socket client = client();
        Socket server = accepted()) {
      assertThat(client.isConnected()).isTrue();
      String end = "sport = :%d".formatted(server.getPort());
      Pattern watched = Pattern.compile("timer:\\(keepalive,(1min|[0-9]+sec)");
      TestingPatience.await(
          "its first seconds",
          () -> watched.matcher(TestingNamespace.command("ss", "-Htno", end)).find());
    }
  }
}
