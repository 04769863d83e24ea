package dev.godwit.outside;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.host.TestingCertificate;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A watch sees what a client would see: refusals, wrong answers, waits and silence. */
final class OutsideTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @Test
  void a_service_that_always_answers() throws Exception {
    try (Greeter greeter = new Greeter("220 mail ready\r\n", 0)) {
      Watch watch = Watch.start(List.of(greeter.target()), LIMIT);
      greeter.awaitConnections(5);
      Seen seen = watch.end().getFirst();
      assertThat(seen.how()).isEqualTo(Seen.How.GREETING);
      assertThat(seen.requests()).isGreaterThanOrEqualTo(4);
      assertThat(seen.failures()).as(seen.text()).isZero();
      assertThat(seen.reason()).isEmpty();
    }
  }

  @Test
  void a_refusal_is_a_failure_and_a_gap() throws Exception {
    Instant closed;
    Instant reopened;
    Greeter first = new Greeter("* OK ready\r\n", 0);
    Watch watch = Watch.start(List.of(first.target()), LIMIT);
    first.awaitConnections(4);
    first.close();
    closed = Instant.now();
    Thread.sleep(700);
    try (Greeter again = new Greeter("* OK ready\r\n", first.port)) {
      reopened = Instant.now();
      again.awaitConnections(3);
      Seen seen = watch.end().getFirst();
      assertThat(seen.failures()).as(seen.text()).isPositive();
      assertThat(seen.reason()).contains("refused");
      assertThat(seen.longestGap())
          .isGreaterThanOrEqualTo(Duration.between(closed, reopened).minusMillis(1));
      assertThat(seen.gapEnded()).isAfterOrEqualTo(reopened.minusMillis(1));
    }
  }

  @Test
  void a_service_that_greets_and_then_closes_without_a_word() throws Exception {
    try (Greeter greeter = new Greeter("220 mail ready\r\n", 0)) {
      Watch watch = Watch.start(List.of(greeter.target()), LIMIT);
      greeter.awaitConnections(3);
      greeter.words = "";
      greeter.awaitConnections(6);
      Seen seen = watch.end().getFirst();
      assertThat(seen.failures()).isPositive();
      assertThat(seen.reason()).contains("closed without an answer");
    }
  }

  @Test
  void a_service_that_greets_that_it_cannot_serve() throws Exception {
    try (Greeter greeter = new Greeter("220 mail ready\r\n", 0)) {
      Watch watch = Watch.start(List.of(greeter.target()), LIMIT);
      greeter.awaitConnections(3);
      greeter.words = "421 too busy\r\n";
      greeter.awaitConnections(6);
      Seen seen = watch.end().getFirst();
      assertThat(seen.failures()).isPositive();
      assertThat(seen.reason()).isEqualTo("greeted with 421 too busy.");
    }
  }

  @Test
  void a_held_answer_is_a_wait_and_no_failure() throws Exception {
    try (Greeter greeter = new Greeter("+OK ready\r\n", 0)) {
      Watch watch = Watch.start(List.of(greeter.target()), LIMIT);
      greeter.awaitConnections(3);
      greeter.pause = Duration.ofMillis(900);
      greeter.awaitConnections(7);
      greeter.pause = Duration.ZERO;
      greeter.awaitConnections(9);
      Seen seen = watch.end().getFirst();
      assertThat(seen.failures()).as(seen.text()).isZero();
      assertThat(seen.slowest()).isGreaterThanOrEqualTo(Duration.ofMillis(900));
    }
  }

  @Test
  void a_page_of_an_error_is_a_failure() throws Exception {
    try (Greeter web = new Greeter("HTTP/1.1 200 OK\r\n\r\nhello", 0)) {
      InetSocketAddress at = web.target().address();
      Target page = new Target("web", at, URI.create("http://example.org/"), 200, 399);
      Watch watch = Watch.start(List.of(page), LIMIT);
      web.awaitConnections(3);
      web.words = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
      web.awaitConnections(6);
      Seen seen = watch.end().getFirst();
      assertThat(seen.how()).isEqualTo(Seen.How.PAGE);
      assertThat(seen.failures()).isPositive().isLessThan(seen.requests());
      assertThat(seen.reason()).isEqualTo("answered 503");
    }
  }

  /** A gate that holds has made the connection: what a client waits for is the answer. */
  @Test
  void a_service_of_http_that_is_held_is_seen_to_be_without_a_page_in_the_plan() throws Exception {
    InetAddress address = InetAddress.getByName("127.91.3.8");
    try (ServerSocket web = new ServerSocket(8080, 50, address)) {
      AtomicInteger answers = new AtomicInteger();
      AtomicBoolean isHeld = new AtomicBoolean();
      List<Socket> held = new CopyOnWriteArrayList<>();
      Thread.ofPlatform().daemon().start(() -> answer(web, answers, isHeld, held));
      Target target = Target.port("app", new InetSocketAddress(address, 8080));
      Watch watch = Watch.start(List.of(target), LIMIT);
      await(() -> answers.get() >= 4);
      isHeld.set(true);
      await(() -> held.size() >= 3);
      Seen seen = watch.end().getFirst();
      for (Socket socket : held) {
        socket.close();
      }
      assertThat(seen.how()).isEqualTo(Seen.How.PAGE);
      assertThat(seen.unanswered()).as(seen.text()).isPositive().isLessThan(seen.requests());
    }
  }

  /** A switch of little begins its hold within the second in which it is found out how to ask. */
  @Test
  void a_hold_that_begins_while_it_is_found_out_how_to_ask_is_a_gap() throws Exception {
    InetAddress address = InetAddress.getByName("127.91.3.9");
    Duration held = Duration.ofMillis(1_200);
    try (ServerSocket web = new ServerSocket(8080, 50, address)) {
      AtomicInteger answers = new AtomicInteger();
      Watch watch =
          Watch.start(List.of(Target.port("app", new InetSocketAddress(address, 8080))), LIMIT);
      Socket silent = web.accept();
      Socket asking = web.accept();
      Thread.sleep(held);
      answer(asking, answers);
      silent.close();
      Thread.ofPlatform()
          .daemon()
          .start(() -> answer(web, answers, new AtomicBoolean(), List.of()));
      await(() -> answers.get() >= 3);
      Seen seen = watch.end().getFirst();
      assertThat(seen.how()).isEqualTo(Seen.How.PAGE);
      assertThat(seen.longestGap()).as(seen.text()).isGreaterThanOrEqualTo(held);
    }
  }

  /** Not found, which is an answer; or none. Who says nothing at all is not answered either. */
  private static void answer(
      ServerSocket web, AtomicInteger answers, AtomicBoolean isHeld, List<Socket> held) {
    while (!web.isClosed()) {
      try {
        Socket client = web.accept();
        if (isHeld.get()) {
          held.add(client);
          continue;
        }
        answer(client, answers);
      } catch (IOException e) {
        continue; // it has gone
      }
    }
  }

  private static void answer(Socket asking, AtomicInteger answers) throws IOException {
    try (Socket client = asking) {
      client.setSoTimeout(1_500);
      int first = client.getInputStream().read(new byte[1024]);
      if (first > 0) {
        client
            .getOutputStream()
            .write("HTTP/1.1 404 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        answers.incrementAndGet();
      }
    }
  }

  @Test
  void of_a_port_that_is_only_connected_no_gap_is_told() {
    Seen seen =
        new Seen(
            "app",
            "203.0.113.7:5432",
            Seen.How.CONNECTION,
            98,
            0,
            0,
            Duration.ofMillis(286),
            Instant.ofEpochMilli(1_700_000_000_123L),
            Duration.ofMillis(1),
            "",
            "");
    assertThat(seen.text())
        .isEqualTo(
            "app at 203.0.113.7:5432: 98 connections, 0 failed; no answer can be asked for there,"
                + " so whether anybody was held is not seen");
  }

  /** TLS on a port that is known for it, at an address that no other program has. */
  @Test
  void a_service_that_speaks_tls_only_is_asked_for_its_handshake(@TempDir Path folder)
      throws Exception {
    SSLServerSocketFactory factory = TestingCertificate.context(folder).getServerSocketFactory();
    InetAddress address = InetAddress.getByName("127.91.3.7");
    try (ServerSocket imaps = factory.createServerSocket(993, 50, address)) {
      AtomicInteger handshakes = new AtomicInteger();
      AtomicBoolean isBroken = new AtomicBoolean();
      Thread.ofPlatform().daemon().start(() -> shakeHands(imaps, handshakes, isBroken));
      Target target = Target.port("mail", new InetSocketAddress(address, imaps.getLocalPort()));
      Watch watch = Watch.start(List.of(target), LIMIT);
      await(() -> handshakes.get() >= 4);
      isBroken.set(true);
      await(() -> handshakes.get() >= 7);
      Seen seen = watch.end().getFirst();
      assertThat(seen.how()).isEqualTo(Seen.How.TLS);
      assertThat(seen.requests()).isGreaterThanOrEqualTo(5);
      // A connection comes about all the same.
      assertThat(seen.failures()).as(seen.text()).isPositive().isLessThan(seen.requests());
    }
  }

  /** One that speaks TLS, one that does not, and something else. */
  @Test
  void postgresql_is_asked_whether_it_speaks_tls(@TempDir Path folder) throws Exception {
    SSLSocketFactory tls = TestingCertificate.context(folder).getSocketFactory();
    for (char answer : List.of('N', 'S', 'X')) {
      InetAddress address = InetAddress.getByName("127.91.3." + (int) answer);
      AtomicInteger asked = new AtomicInteger();
      AtomicInteger unanswered = new AtomicInteger();
      AtomicBoolean isSilent = new AtomicBoolean();
      try (ServerSocket server = new ServerSocket(5432, 50, address)) {
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  while (!server.isClosed()) {
                    try (Socket client = server.accept()) {
                      byte[] request = client.getInputStream().readNBytes(8);
                      if (request.length < 8 || isSilent.get()) {
                        unanswered.incrementAndGet();
                        continue;
                      }
                      assertThat(ByteBuffer.wrap(request).getInt(4)).isEqualTo(80_877_103);
                      client.getOutputStream().write(answer);
                      if (answer == 'S') {
                        SSLSocket secure = (SSLSocket) tls.createSocket(client, null, false);
                        secure.setUseClientMode(false);
                        secure.startHandshake();
                      }
                      asked.incrementAndGet();
                    } catch (IOException e) {
                      continue; // it has gone
                    }
                  }
                });
        Watch watch =
            Watch.start(
                List.of(Target.port("database", new InetSocketAddress(address, 5432))), LIMIT);
        if (answer == 'X') {
          assertThat(watch.end().getFirst().how()).isEqualTo(Seen.How.CONNECTION);
          continue;
        }
        await(() -> asked.get() >= 4);
        isSilent.set(true);
        await(() -> unanswered.get() >= 3);
        Seen seen = watch.end().getFirst();
        assertThat(seen.how()).as(seen.text()).isEqualTo(Seen.How.POSTGRESQL);
        assertThat(seen.failures()).as(seen.text()).isPositive().isLessThan(seen.requests());
        assertThat(seen.reason()).isEqualTo("closed without an answer");
      }
    }
  }

  @Test
  void a_page_under_tls(@TempDir Path folder) throws Exception {
    SSLServerSocketFactory factory = TestingCertificate.context(folder).getServerSocketFactory();
    InetAddress address = InetAddress.getLoopbackAddress();
    try (ServerSocket web = factory.createServerSocket(0, 50, address)) {
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                while (!web.isClosed()) {
                  try (Socket client = web.accept()) {
                    int unused = client.getInputStream().read(new byte[1024]);
                    client
                        .getOutputStream()
                        .write("HTTP/1.1 404 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                  } catch (IOException e) {
                    continue; // it has gone
                  }
                }
              });
      InetSocketAddress at = (InetSocketAddress) web.getLocalSocketAddress();
      URI url = URI.create("https://example.org/");
      assertThat(Asker.ask(new Target("web", at, url, 200, 399), Seen.How.PAGE, LIMIT))
          .isEqualTo("answered 404");
      assertThat(Asker.ask(new Target("web", at, url, 404, 404), Seen.How.PAGE, LIMIT)).isNull();
    }
  }

  private static void shakeHands(
      ServerSocket server, AtomicInteger handshakes, AtomicBoolean isBroken) {
    while (!server.isClosed()) {
      try (Socket client = server.accept()) {
        if (!isBroken.get()) {
          int unused = client.getInputStream().read();
        }
      } catch (IOException e) {
        continue; // it has gone
      } finally {
        handshakes.incrementAndGet();
      }
    }
  }

  /** As MySQL begins: who leaves then a hundred times has no way in any more. */
  @Test
  void a_database_that_bars_those_who_leave_is_met_once() throws Exception {
    String version = "\n8.0.36\0";
    String greeting = (char) version.length() + "\0\0\0" + version;
    try (Greeter database = new Greeter(greeting, 0)) {
      Watch watch = Watch.start(List.of(database.target()), LIMIT);
      database.awaitConnections(1);
      Thread.sleep(800);
      Seen seen = watch.end().getFirst();
      assertThat(database.connections).hasValue(1);
      assertThat(seen.requests()).isZero();
      assertThat(seen.text()).contains("not asked: MySQL refuses the hosts");
    }
  }

  @Test
  void a_port_that_nobody_serves_proves_nothing_and_says_so() throws Exception {
    Greeter gone = new Greeter("220 \r\n", 0);
    gone.close();
    Watch watch = Watch.start(List.of(gone.target()), LIMIT);
    Thread.sleep(300);
    Seen seen = watch.end().getFirst();
    assertThat(seen.requests()).isZero();
    assertThat(seen.text()).contains("did not answer at the beginning");
  }

  /** A queue of one that is full takes no further connection: it is as if nobody were there. */
  @Test
  void an_address_where_no_connection_comes_about_is_not_asked_whatever_is_wanted_of_it()
      throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        Socket first = new Socket(full.getInetAddress(), full.getLocalPort());
        Socket second = new Socket(full.getInetAddress(), full.getLocalPort())) {
      assertThat(first.isConnected() && second.isConnected()).isTrue();
      InetSocketAddress at = (InetSocketAddress) full.getLocalSocketAddress();
      URI url = URI.create("http://example.org/");
      for (Target target : List.of(Target.port("web", at), new Target("web", at, url, 200, 399))) {
        assertThatThrownBy(() -> Asker.learn(target, Duration.ofMillis(300)))
            .hasMessageContaining("no connection within 300 ms");
      }
    }
  }

  @Test
  void requests_of_which_none_has_ended_are_a_gap_too() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      InetSocketAddress at = (InetSocketAddress) server.getLocalSocketAddress();
      Watch watch = Watch.start(List.of(Target.port("mail", at)), Duration.ofSeconds(60));
      try (Socket first = server.accept()) {
        first.getOutputStream().write("+OK ready\r\n".getBytes(StandardCharsets.US_ASCII));
      }
      Thread.sleep(700); // from here on connections are made, and nobody says anything
      Seen seen = watch.end().getFirst();
      assertThat(seen.unanswered()).as(seen.text()).isPositive().isEqualTo(seen.requests());
      assertThat(seen.failures()).as(seen.text()).isZero();
      assertThat(seen.longestGap()).as(seen.text()).isPositive();
    }
  }

  @Test
  void the_more_requests_wait_the_rarer_are_new_ones() {
    assertThat(Watch.pause(0)).isEqualTo(Duration.ofMillis(250));
    assertThat(Watch.pause(24)).isEqualTo(Duration.ofMillis(250));
    assertThat(Watch.pause(25)).isEqualTo(Duration.ofMillis(500));
    assertThat(Watch.pause(40)).isEqualTo(Duration.ofSeconds(4));
    assertThat(Watch.pause(2_000)).isEqualTo(Duration.ofSeconds(256));
  }

  /** Else the watch would be what keeps it from answering anybody. */
  @Test
  void a_server_that_answers_nobody_gets_one_request_at_a_time() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      InetSocketAddress at = (InetSocketAddress) server.getLocalSocketAddress();
      Watch watch = Watch.start(List.of(Target.port("mail", at)), Duration.ofMillis(900));
      try (Socket first = server.accept()) {
        first.getOutputStream().write("+OK ready\r\n".getBytes(StandardCharsets.US_ASCII));
      }
      for (int i = 0; i < 10; i++) {
        Socket next = server.accept();
        if (i > 6) { // by then one has waited in vain
          Socket last = silent.getLast();
          last.setSoTimeout(50);
          assertThat(last.getInputStream().read()).as("request %d has ended", i).isEqualTo(-1);
        }
        silent.add(next);
      }
      assertThat(watch.end().getFirst().failures()).isGreaterThanOrEqualTo(9);
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void what_was_seen_survives_being_written_down() throws Exception {
    Seen seen =
        new Seen(
            "web",
            "203.0.113.7:80",
            Seen.How.PAGE,
            40,
            2,
            3,
            Duration.ofMillis(1234),
            Instant.ofEpochMilli(1_700_000_000_123L),
            Duration.ofMillis(900),
            "refused:\tno\nway",
            "root@watch");
    List<Seen> read = Seen.parse(seen.line() + "\n" + seen.line());
    assertThat(read.getFirst().from()).isEqualTo("root@watch");
    assertThat(seen.text()).startsWith("web at 203.0.113.7:80, from root@watch: 40 requests");
    assertThat(seen.text()).contains("2 failed", "; 3 still waited at the end; the first failure:");
    // As versions before this one have written it.
    String before = seen.line().substring(0, seen.line().lastIndexOf('\t'));
    assertThat(Seen.parse(before).getFirst().from()).isEqualTo("root@watch");
    assertThat(Seen.parse(before).getFirst().unanswered()).isZero();
    String first = before.substring(0, before.lastIndexOf('\t'));
    assertThat(Seen.parse(first).getFirst().from()).isEmpty();
    assertThat(read).hasSize(2);
    assertThat(read.getFirst().text()).isEqualTo(seen.text().replaceAll("\\s", " "));
  }

  /**
   * What stands in between, such as a gate, would count a client that has broken off. A mail server
   * answers to the good-bye, and some say more than once something.
   */
  @Test
  void who_asks_leaves_when_the_service_has_said_all() throws Exception {
    AtomicInteger brokenOff = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                while (!server.isClosed()) {
                  try {
                    Socket client = server.accept();
                    Thread.ofVirtual().start(() -> serveSlowly(client, brokenOff, ended));
                  } catch (IOException e) {
                    return; // closed
                  }
                }
              });
      InetSocketAddress at = (InetSocketAddress) server.getLocalSocketAddress();
      Watch watch = Watch.start(List.of(Target.port("mail", at)), LIMIT);
      await(() -> ended.get() >= 5);
      Seen seen = watch.end().getFirst();
      assertThat(seen.failures()).as(seen.text()).isZero();
      await(() -> ended.get() >= seen.requests() + 1); // and the one that finds out how to ask
      assertThat(brokenOff).hasValue(0);
    }
  }

  private static void serveSlowly(Socket client, AtomicInteger brokenOff, AtomicInteger ended) {
    try (client) {
      OutputStream out = client.getOutputStream();
      out.write("* OK ready\r\n".getBytes(StandardCharsets.US_ASCII));
      int unused = client.getInputStream().read(new byte[100]);
      for (int i = 0; i < 3; i++) {
        Thread.sleep(20);
        out.write("* BYE\r\n".getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      brokenOff.incrementAndGet();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended.incrementAndGet();
    }
  }

  /** Says the same to everybody who comes, and closes. */
  private static final class Greeter implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket();
    private final AtomicInteger connections = new AtomicInteger();
    final int port;
    volatile String words;
    volatile Duration pause = Duration.ZERO;

    Greeter(String words, int port) throws IOException {
      this.words = words;
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      this.port = socket.getLocalPort();
      Thread.ofPlatform().daemon().start(this::serve);
    }

    private void serve() {
      while (true) {
        try {
          Socket client = socket.accept();
          Thread.ofVirtual().start(() -> greet(client));
        } catch (IOException e) {
          return; // closed
        }
      }
    }

    private void greet(Socket client) {
      String now = words;
      try (client) {
        Thread.sleep(pause);
        client.getOutputStream().write(now.getBytes(StandardCharsets.US_ASCII));
        client.shutdownOutput();
        // Its good-bye is read: closing with bytes unread would reset the connection.
        client.setSoTimeout(200);
        client.getInputStream().readAllBytes();
      } catch (IOException | InterruptedException e) {
        // The watch had heard enough.
      } finally {
        connections.incrementAndGet();
      }
    }

    Target target() {
      return Target.port("mail", new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    void awaitConnections(int count) throws Exception {
      TestingPatience.await(
          () -> "%d connections: %d".formatted(count, connections.get()),
          () -> connections.get() >= count);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
