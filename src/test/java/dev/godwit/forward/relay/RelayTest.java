package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A relayed connection behaves as a direct one. */
@Timeout(TestingPatience.TEST_SECONDS)
final class RelayTest {
  private static final String STOPPED = "its reader took nothing for a quarter of an hour";

  private ServerSocket service;
  private Forward forward;

  @BeforeEach
  void start() throws Exception {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    service = new ServerSocket(0, 50, loopback);
    service.setSoTimeout(TestingPatience.MILLIS);
    forward =
        Forward.start(
            new InetSocketAddress(loopback, 0),
            new InetSocketAddress(loopback, service.getLocalPort()));
  }

  @AfterEach
  void end() throws Exception {
    forward.close();
    service.close();
  }

  private Socket client() throws IOException {
    Socket socket = new Socket(forward.address().getAddress(), forward.address().getPort());
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  private Socket accepted() throws IOException {
    Socket socket = service.accept();
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  @Test
  void h53_the_client_may_end_its_side_first() throws Exception {
    try (Socket client = client();
        Socket server = accepted()) {
      client.getOutputStream().write("question".getBytes());
      client.shutdownOutput();
      assertThat(server.getInputStream().readAllBytes()).asString().isEqualTo("question");
      server.getOutputStream().write("answer".getBytes());
      server.close();
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("answer");
    }
    awaitNoneOpen();
  }

  @Test
  void h53_the_service_may_speak_and_end_first() throws Exception {
    try (Socket client = client();
        Socket server = accepted()) {
      server.getOutputStream().write("220 hello\r\n".getBytes());
      server.shutdownOutput();
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("220 hello\r\n");
      client.getOutputStream().write("still here".getBytes());
      client.close();
      assertThat(server.getInputStream().readAllBytes()).asString().isEqualTo("still here");
    }
    awaitNoneOpen();
  }

  @Test
  void h53_a_reset_stays_a_reset_from_client_to_service() throws Exception {
    Socket client = client();
    try (Socket server = accepted()) {
      client.getOutputStream().write(1);
      assertThat(server.getInputStream().read()).isEqualTo(1);
      client.setSoLinger(true, 0);
      client.close();
      assertThatThrownBy(() -> server.getInputStream().read()).hasMessageContaining("reset");
    }
    awaitNoneOpen();
    assertThat(forward.errors()).containsEntry("client: Connection reset by peer", 1L);
  }

  @Test
  void h53_a_reset_stays_a_reset_from_service_to_client() throws Exception {
    try (Socket client = client()) {
      Socket server = accepted();
      server.getOutputStream().write("part".getBytes());
      assertThat(client.getInputStream().readNBytes(4)).asString().isEqualTo("part");
      server.setSoLinger(true, 0);
      server.close();
      assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
    }
    awaitNoneOpen();
  }

  @Test
  void h53_a_reset_behind_a_half_close_arrives() throws Exception {
    Socket client = client();
    try (Socket server = accepted()) {
      client.shutdownOutput();
      assertThat(server.getInputStream().read()).isEqualTo(-1);
      client.setSoLinger(true, 0);
      client.close();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  server.getOutputStream().write(new byte[1000]);
                  Thread.sleep(5);
                }
              })
          .isInstanceOf(IOException.class);
    }
    awaitNoneOpen();
  }

  @Test
  void urgent_data_and_what_is_behind_it_arrive() throws Exception {
    try (Socket client = client();
        Socket server = accepted()) {
      client.setTcpNoDelay(true);
      client.getOutputStream().write('.');
      assertThat(server.getInputStream().read()).isEqualTo('.');
      CountDownLatch sent = new CountDownLatch(1);
      forward.relay().loop().execute(() -> await(sent)); // so that all is there at its next read
      client.getOutputStream().write("before".getBytes());
      client.sendUrgentData('!');
      client.getOutputStream().write("behind".getBytes());
      sent.countDown();
      assertThat(server.getInputStream().readNBytes(13)).asString().isEqualTo("before!behind");
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void a_service_that_does_not_listen_is_a_reset_after_the_retries() throws Exception {
    service.close();
    try (Socket client = client()) {
      long start = System.nanoTime();
      assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
      assertThat((System.nanoTime() - start) / 1_000_000).isGreaterThan(1500L);
    }
    assertThat(forward.errors()).containsKey("given up: Connection refused");
  }

  @Test
  void h53_much_data_both_ways_at_once_arrives_as_it_was() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    byte[] up = new byte[24 << 20];
    byte[] down = new byte[17 << 20];
    new Random(seed).nextBytes(up);
    new Random(seed + 1).nextBytes(down);
    try (Socket client = client();
        Socket server = accepted()) {
      var clientSends = send(client, up, seed);
      var serverSends = send(server, down, seed + 3);
      var clientGets = digest(client, seed + 4);
      var serverGets = digest(server, seed + 5);
      assertThat(serverGets.get()).isEqualTo(hash(up));
      assertThat(clientGets.get()).isEqualTo(hash(down));
      clientSends.get();
      serverSends.get();
    }
    awaitNoneOpen();
    assertThat(forward.bytes()).isEqualTo((long) up.length + down.length);
  }

  @Test
  void a_reader_that_stops_holds_only_its_own_connection_back() throws Exception {
    try (Socket slow = client();
        Socket slowServer = accepted();
        Socket quick = client();
        Socket quickServer = accepted()) {
      byte[] much = new byte[12 << 20];
      Arrays.fill(much, (byte) 7);
      var sending = send(slowServer, much, 1);
      quickServer.getOutputStream().write(42);
      assertThat(quick.getInputStream().read()).isEqualTo(42);
      assertThat(sending).isNotDone();
      assertThat(digest(slow, 2).get()).isEqualTo(hash(much));
      sending.get();
    }
  }

  @Test
  void h51_one_whose_reader_takes_nothing_for_long_is_forgotten_and_one_who_is_silent_is_not()
      throws Exception {
    try (Socket silent = client();
        Socket silentServer = accepted()) {
      silent.getOutputStream().write(1);
      assertThat(silentServer.getInputStream().read()).isEqualTo(1);
      for (int i = 0; i < 3; i++) {
        assertThat(forgotten(1)).as("an open one may be silent").containsOnlyNulls();
      }
    }
    awaitNoneOpen();
    try (Socket slow = client();
        Socket slowServer = accepted()) {
      byte[] much = new byte[64 << 20];
      var sending = send(slowServer, much, 1);
      TestingPatience.await("that it is blocked", () -> forgotten(3).contains(STOPPED));
      assertThat(sending).isNotDone();
      var reading = digest(slow, 2);
      assertThat(reading.get()).isEqualTo(hash(much));
      sending.get();
    }
  }

  /** What sweeps find, of which so many are too many. */
  private List<@Nullable String> forgotten(int sweepsMax) throws Exception {
    return forward
        .relay()
        .loop()
        .ask(
            () -> {
              List<@Nullable String> found = new ArrayList<>();
              for (RelayedConnection c : forward.relay().connections()) {
                found.add(c.forgotten(Integer.MAX_VALUE, sweepsMax));
              }
              return found;
            });
  }

  private static CompletableFuture<Void> send(Socket socket, byte[] bytes, long seed) {
    return run(
        () -> {
          Random random = new Random(seed);
          for (int at = 0; at < bytes.length; ) {
            int n = Math.min(bytes.length - at, 1 + random.nextInt(300_000));
            socket.getOutputStream().write(bytes, at, n);
            at += n;
          }
          socket.shutdownOutput();
          return null;
        });
  }

  private static CompletableFuture<byte[]> digest(Socket socket, long seed) {
    return run(
        () -> {
          Random random = new Random(seed);
          MessageDigest digest = MessageDigest.getInstance("SHA-256");
          byte[] buffer = new byte[200_000];
          while (true) {
            int n = socket.getInputStream().read(buffer, 0, 1 + random.nextInt(buffer.length - 1));
            if (n < 0) {
              return digest.digest();
            }
            digest.update(buffer, 0, n);
          }
        });
  }

  private static <T> CompletableFuture<T> run(java.util.concurrent.Callable<T> body) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(body.call());
              } catch (Throwable t) {
                result.completeExceptionally(t);
              }
            });
    return result;
  }

  private static byte[] hash(byte[] bytes) throws Exception {
    return MessageDigest.getInstance("SHA-256").digest(bytes);
  }

  private void awaitNoneOpen() throws Exception {
    TestingPatience.await("no connection", () -> forward.open() == 0);
  }

  /** What is read next is what has to be kept when a reader stops. */
  @Test
  void h51_the_more_is_kept_the_smaller_are_the_pieces_that_are_read() throws Exception {
    try (Relay relay = Relay.start("test loop")) {
      List<Long> sizes = relay.loop().ask(() -> sizes(relay));
      assertThat(sizes).containsExactly(256L << 10, 64L << 10, 4L << 10, 64L << 10, 256L << 10);
    }
  }

  @Test
  void h51_while_much_is_kept_nobody_more_is_let_in_and_those_who_are_there_go_on()
      throws Exception {
    try (Socket client = client();
        Socket server = accepted()) {
      Relay relay = forward.relay();
      List<MemorySegment> kept = TestingMemory.take(relay);
      try (Socket refused = client()) {
        assertThatThrownBy(() -> refused.getInputStream().read()).hasMessageContaining("reset");
      }
      assertThat(forward.errors())
          .containsOnlyKeys("refused: the limit of memory, 192 MiB for readers that have stopped");
      client.getOutputStream().write('a');
      assertThat(server.getInputStream().read()).isEqualTo('a');
      TestingMemory.giveBack(relay, kept);
      try (Socket next = client();
          Socket nextServer = accepted()) {
        next.getOutputStream().write('b');
        assertThat(nextServer.getInputStream().read()).isEqualTo('b');
      }
    }
  }

  private static List<Long> sizes(Relay relay) {
    List<Long> sizes = new ArrayList<>();
    List<MemorySegment> kept = new ArrayList<>();
    sizes.add(relay.readBuffer(true).byteSize());
    while (relay.keptBytes() < 64 << 20) {
      kept.add(relay.takeChunk(256 << 10));
    }
    sizes.add(relay.readBuffer(true).byteSize());
    while (relay.keptBytes() < 128 << 20) {
      kept.add(relay.takeChunk(64 << 10));
    }
    sizes.add(relay.readBuffer(true).byteSize());
    while (relay.keptBytes() >= 128 << 20) {
      relay.returnChunk(kept.removeLast());
    }
    sizes.add(relay.readBuffer(true).byteSize());
    kept.forEach(relay::returnChunk);
    sizes.add(relay.readBuffer(true).byteSize());
    return sizes;
  }
}
