package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.relay.ProxyHeader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code godwit forward} as a program, between clients that mean it harm and one that does not. */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class HostileClientsLabTest {
  private static final int RELAY = 9800;
  private static final int SERVICE = 9801;

  @TempDir private Path directory;
  private TestingNamespace namespace;
  private final List<TestingForward> forwards = new ArrayList<>();
  private ServerSocket service;
  private final List<Socket> sockets = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    namespace = new TestingNamespace();
    service =
        namespace.call(
            () -> {
              ServerSocket one = new ServerSocket(); // has its namespace from bind on
              one.bind(new InetSocketAddress("127.0.0.1", SERVICE), 4096);
              return one;
            });
  }

  @AfterEach
  void end() throws Exception {
    for (Socket one : sockets) {
      one.close();
    }
    service.close();
    for (TestingForward forward : forwards) {
      forward.close();
    }
    namespace.close();
  }

  private TestingForward forward(String... options) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                Integer.toString(RELAY),
                "127.0.0.1:" + SERVICE,
                "--control",
                directory.resolve("control").toString()));
    all.addAll(List.of(options));
    TestingForward forward = TestingForward.start(namespace, all.toArray(String[]::new));
    forwards.add(forward);
    return forward;
  }

  private String status() throws Exception {
    return TestingForward.run(namespace, "status", "-p", directory.resolve("control").toString());
  }

  private Socket connect() throws Exception {
    return connect("127.0.0.1");
  }

  private Socket connect(String from) throws Exception {
    Socket socket =
        namespace.call(
            () -> {
              Socket one = new Socket();
              one.bind(new InetSocketAddress(from, 0));
              one.connect(new InetSocketAddress("127.0.0.1", RELAY), 5000);
              return one;
            });
    socket.setSoTimeout(TestingPatience.MILLIS);
    sockets.add(socket);
    return socket;
  }

  private interface Serving {
    void serve(Socket one) throws IOException;
  }

  private void serve(Serving serving) {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              while (!service.isClosed()) {
                try {
                  Socket one = service.accept();
                  Thread.ofPlatform().daemon().start(() -> quietly(serving, one));
                } catch (IOException e) {
                  return;
                }
              }
            });
  }

  private static void quietly(Serving serving, Socket one) {
    try (one) {
      serving.serve(one);
    } catch (IOException e) {
      return; // what its client does is the test's matter
    }
  }

  private static void echo(Socket one) throws IOException {
    one.getInputStream().transferTo(one.getOutputStream());
  }

  /** An honest client; fails the test when it is not served. */
  private void assertServed() throws Exception {
    try (Socket one = connect()) {
      for (int i = 0; i < 100; i++) {
        one.getOutputStream().write(i);
        assertThat(one.getInputStream().read()).isEqualTo(i);
      }
    }
  }

  private long residentKilobytes(TestingForward forward) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + forward.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.substring(6).replace("kB", "").strip());
      }
    }
    throw new IOException("no VmRSS");
  }

  /**
   * Who has no more than this process may have for a client takes no more, and a flood that is
   * turned away nothing.
   *
   * @param before from {@link #residentKilobytes}, when it had served somebody
   */
  private void assertGrownLess(TestingForward forward, long before, int megabytes)
      throws IOException {
    long grown = residentKilobytes(forward) - before;
    System.out.println("HostileClientsLabTest: grown by " + grown + " KB");
    assertThat(grown).as("KB").isLessThan(megabytes * 1024L);
  }

  /** Pipes are kept for the next one; sockets are not. */
  private void awaitSockets(TestingForward forward, int most) throws Exception {
    TestingPatience.await(
        () -> "%d sockets, not %d".formatted(most, forward.sockets()),
        () -> forward.sockets() <= most);
  }

  /** 400 readers that stop while a service sends them all it has: what is kept has a bound. */
  @Test
  void h51_readers_that_stop_take_a_bounded_share_of_memory() throws Exception {
    TestingForward forward = forward();
    AtomicLong sent = new AtomicLong();
    byte[] block = new byte[64 * 1024];
    serve(
        one -> {
          if (one.getInputStream().read() == 'e') {
            echo(one);
            return;
          }
          OutputStream out = one.getOutputStream();
          for (int i = 0; i < 1000; i++) {
            out.write(block);
            sent.addAndGet(block.length);
          }
        });
    long before = residentKilobytes(forward);
    for (int i = 0; i < 400; i++) {
      connect().getOutputStream().write('s');
    }
    // Until nothing moves any more.
    long seen = -1;
    while (seen != sent.get()) {
      seen = sent.get();
      Thread.sleep(500);
    }
    long grown = (residentKilobytes(forward) - before) / 1024;
    assertThat(grown).as("MB for 400 readers, to whom %d MB were sent", seen >> 20).isLessThan(220);
    try (Socket one = connect()) {
      one.getOutputStream().write("eab".getBytes(StandardCharsets.US_ASCII));
      assertThat(one.getInputStream().readNBytes(2)).asString().isEqualTo("ab");
    }
  }

  /** Some hundred that say a byte now and then: they have their place, and others theirs. */
  @Test
  void h51_slow_speakers_do_not_keep_others_from_being_served() throws Exception {
    TestingForward forward = forward();
    serve(HostileClientsLabTest::echo);
    assertServed();
    long memory = residentKilobytes(forward);
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      slow.add(connect());
    }
    for (int round = 0; round < 5; round++) {
      for (Socket one : slow) {
        one.getOutputStream().write('x');
      }
      assertServed();
    }
    for (Socket one : slow) {
      assertThat(one.getInputStream().readNBytes(5)).hasSize(5);
    }
    assertGrownLess(forward, memory, 60);
    assertThat(status()).contains("0 refused");
  }

  /** What the forwarder's loops have had of the processors, in nanoseconds. */
  private static long loopNanos(TestingForward forward) throws IOException {
    long sum = 0;
    try (var threads = Files.list(Path.of("/proc/" + forward.pid() + "/task"))) {
      for (Path thread : threads.toList()) {
        if (Files.readString(thread.resolve("comm")).startsWith("forward loop")) {
          // time on a processor, time spent waiting for one, turns
          sum += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
        }
      }
    }
    return sum;
  }

  private interface Doing {
    void run() throws Exception;
  }

  private static long loopNanos(TestingForward forward, Doing doing) throws Exception {
    long before = loopNanos(forward);
    doing.run();
    return loopNanos(forward) - before;
  }

  /**
   * Work and not time: what a request of an honest client costs the loop alone, and beside those
   * who say nothing more and those who take nothing, by turns. A loop that looked at all of its
   * connections for each event would need several times as much.
   */
  @Test
  void h51_those_who_stand_still_make_no_work_for_the_loop_when_others_ask() throws Exception {
    TestingForward forward = forward();
    serve(HostileClientsLabTest::echo);
    int before = forward.sockets();
    Doing ask =
        () -> {
          for (int i = 0; i < 10; i++) {
            assertServed();
          }
        };
    ask.run(); // the loop's code is compiled by then
    long alone = 0;
    long beside = 0;
    for (int turn = 0; turn < 3; turn++) {
      alone += loopNanos(forward, ask);
      List<Socket> still = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        Socket one = connect();
        one.getOutputStream().write('x');
        still.add(one);
      }
      for (Socket one : still) {
        assertThat(one.getInputStream().read()).isEqualTo('x');
      }
      askWithoutReading(still.subList(0, 20));
      beside += loopNanos(forward, ask);
      for (Socket one : still) {
        one.close();
      }
      awaitSockets(forward, before);
    }
    System.out.println(
        "HostileClientsLabTest: 3,000 requests cost the loop %d us alone, %d us beside those who stand still"
            .formatted(alone / 1000, beside / 1000));
    assertThat(beside).as("of %d ns alone", alone).isLessThan(2 * alone);
  }

  /**
   * They ask for much and take nothing, until nothing moves between here and the service any more.
   */
  private static void askWithoutReading(List<Socket> all) throws Exception {
    AtomicLong sent = new AtomicLong();
    byte[] much = new byte[64 * 1024];
    for (Socket one : all) {
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try {
                  while (true) {
                    one.getOutputStream().write(much);
                    sent.incrementAndGet();
                  }
                } catch (IOException e) {
                  return; // closed by the test
                }
              });
    }
    for (long seen = -1; seen != sent.get(); ) {
      seen = sent.get();
      Thread.sleep(500);
    }
  }

  /** One who resets in the middle costs the loop about what one costs whom it serves to the end. */
  @Test
  void h51_who_resets_makes_no_more_work_for_the_loop_than_who_is_served() throws Exception {
    TestingForward forward = forward();
    serve(HostileClientsLabTest::echo);
    long served = 0;
    long reset = 0;
    for (int turn = 0; turn < 4; turn++) {
      long one = loopNanos(forward, () -> come(false));
      long other = loopNanos(forward, () -> come(true));
      if (turn > 0) { // the loop's code is compiled by then
        served += one;
        reset += other;
      }
    }
    System.out.println(
        "HostileClientsLabTest: 1,500 clients cost the loop %d us, as many who reset %d us"
            .formatted(served / 1000, reset / 1000));
    assertThat(reset).as("of %d ns for those who are served", served).isLessThan(2 * served);
  }

  private void come(boolean resets) throws Exception {
    for (int i = 0; i < 500; i++) {
      try (Socket one = connect()) {
        sockets.removeLast();
        one.getOutputStream().write('x');
        if (resets) {
          one.setSoLinger(true, 0);
        } else {
          assertThat(one.getInputStream().read()).isEqualTo('x');
        }
      }
    }
  }

  /** Far more than there is place for, again and again. */
  @Test
  void h51_a_flood_beyond_the_limit_is_refused_and_leaves_nothing() throws Exception {
    TestingForward forward = forward("--max", "200");
    serve(HostileClientsLabTest::echo);
    int before = forward.sockets();
    assertServed();
    awaitSockets(forward, before);
    long memory = residentKilobytes(forward);
    for (int wave = 0; wave < 5; wave++) {
      int served = 0;
      List<Socket> flood = new ArrayList<>();
      for (int i = 0; i < 600; i++) {
        try {
          flood.add(connect());
        } catch (IOException e) {
          continue; // reset before it knew that it was connected
        }
      }
      for (Socket one : flood) {
        try {
          one.getOutputStream().write(7);
          if (one.getInputStream().read() == 7) {
            served++;
          }
        } catch (IOException e) {
          continue; // reset: refused
        }
      }
      assertThat(served).as("wave %d", wave).isEqualTo(200);
      for (Socket one : flood) {
        one.close();
      }
      awaitSockets(forward, before);
    }
    assertGrownLess(forward, memory, 60);
    assertServed();
    assertThat(status()).contains("2,000 refused");
  }

  /** Resets at any moment, from both ends, while bytes are under way. */
  @Test
  void h53_resets_in_the_middle_leave_nothing_and_touch_nobody_else() throws Exception {
    TestingForward forward = forward();
    serve(
        one -> {
          byte[] some = new byte[100_000];
          one.getOutputStream().write(some);
          if (one.getInputStream().read() == 'r') {
            one.setSoLinger(true, 0); // closes with a reset
            return;
          }
          echo(one);
        });
    int before = forward.sockets();
    long seed = System.nanoTime();
    System.out.println("HostileClientsLabTest: seed " + seed);
    Random random = new Random(seed);
    try (Socket honest = connect()) {
      honest.getInputStream().readNBytes(100_000);
      honest.getOutputStream().write('h');
      for (int i = 0; i < 400; i++) {
        Socket one = connect();
        if (random.nextBoolean()) {
          one.getInputStream().readNBytes(random.nextInt(100_000));
        }
        one.getOutputStream().write(random.nextBoolean() ? 'r' : 'x');
        if (random.nextBoolean()) {
          one.setSoLinger(true, 0);
        }
        one.close();
        honest.getOutputStream().write(i & 0x7f);
        assertThat(honest.getInputStream().read()).isEqualTo(i & 0x7f);
      }
    }
    awaitSockets(forward, before);
  }

  /** A peer that is gone without a word is found out by keepalive, on both of its sides. */
  @Test
  void h53_a_connection_that_stays_has_keepalive_on_both_sides() throws Exception {
    TestingForward forward = forward();
    serve(HostileClientsLabTest::echo);
    Socket stays = connect();
    stays.getOutputStream().write(1);
    assertThat(stays.getInputStream().read()).isEqualTo(1);
    String relays = "pid=" + forward.pid() + ",";
    Callable<Long> seen =
        () ->
            TestingNamespace.command(
                    namespace.inside("ss", "-Htnpo", "state", "established").toArray(String[]::new))
                .lines()
                .filter(line -> line.contains(relays) && line.contains("timer:(keepalive"))
                .count();
    TestingPatience.await("keepalive timers of the relay", () -> seen.call() >= 2);
    assertThat(seen.call()).as("sockets of the relay with a keepalive timer").isEqualTo(2);
  }

  /** Headers damaged in every way, from a peer that is trusted and from one that is not. */
  @Test
  void h49_damaged_proxy_headers_end_their_connection_and_no_other() throws Exception {
    TestingForward forward = forward("--accept-proxy", "127.0.0.2", "--client-address", "proxy-v2");
    serve(HostileClientsLabTest::echo); // what it is sent begins with a header in any case
    int before = forward.sockets();
    long seed = Long.getLong("godwit.seed", System.nanoTime());
    System.out.println("HostileClientsLabTest: -Dgodwit.seed=" + seed);
    Random random = new Random(seed);
    byte[] good =
        ProxyHeader.version2(
            new InetSocketAddress("192.0.2.1", 1), new InetSocketAddress("192.0.2.2", 2));
    try (Socket one = connect("127.0.0.2")) {
      one.getOutputStream().write(good);
      assertThat(one.getInputStream().readNBytes(good.length)).isEqualTo(good);
    }
    long memory = residentKilobytes(forward);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = good.clone();
      int at = random.nextInt(bytes.length);
      bytes[at] ^= (byte) (1 + random.nextInt(255));
      String from = random.nextBoolean() ? "127.0.0.2" : "127.0.0.3";
      int length = 1 + random.nextInt(bytes.length);
      boolean stays = random.nextInt(10) == 0;
      try {
        Socket one = connect(from);
        one.getOutputStream().write(bytes, 0, length);
        if (!stays) {
          one.close();
        }
      } catch (IOException e) {
        continue; // reset already
      }
    }
    try (Socket one = connect("127.0.0.2")) {
      one.getOutputStream().write(good);
      assertThat(one.getInputStream().readNBytes(good.length))
          .as("what is announced is passed on")
          .isEqualTo(good);
    }
    Socket forger = connect("127.0.0.3");
    forger.getOutputStream().write(good);
    InputStream answer = forger.getInputStream();
    assertThatThrownBy(answer::readAllBytes).hasMessageContaining("reset");
    for (Socket one : sockets) {
      one.close();
    }
    awaitSockets(forward, before);
    assertGrownLess(forward, memory, 60);
  }

  /** Bytes that come with the first packet, where the host's setting allows it. */
  @Test
  void fast_open_takes_a_clients_first_bytes_with_its_first_packet() throws Exception {
    TestingNamespace.command(
        namespace.inside("sysctl", "-qw", "net.ipv4.tcp_fastopen=3").toArray(String[]::new));
    forward("--fast-open");
    serve(
        one -> {
          new java.io.BufferedReader(new java.io.InputStreamReader(one.getInputStream()))
              .lines()
              .takeWhile(line -> !line.isEmpty())
              .forEach(line -> {});
          one.getOutputStream()
              .write("HTTP/1.0 200 OK\r\n\r\nfast".getBytes(StandardCharsets.US_ASCII));
        });
    for (int i = 0; i < 3; i++) {
      assertThat(
              TestingNamespace.command(
                  namespace
                      .inside("curl", "-sS", "--tcp-fastopen", "http://127.0.0.1:" + RELAY + "/")
                      .toArray(String[]::new)))
          .isEqualTo("fast");
    }
    String counters =
        TestingNamespace.command(
            namespace.inside("nstat", "-asz", "TcpExtTCPFastOpenPassive").toArray(String[]::new));
    assertThat(counters).containsPattern("TcpExtTCPFastOpenPassive +[1-9]");
  }
}
