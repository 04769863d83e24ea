package dev.godwit.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Connections that are there before something is switched, and have to be there after it: one that
 * is busy in both directions, one that its client and one that its service has ended half, and one
 * that is idle. All threads are platform threads of the caller's network namespace.
 */
public final class TestingLongConnections implements AutoCloseable {
  private static final long SEED = 54;
  private static final int PIECE_BYTES = 10_000;

  private record Pair(Socket client, Socket service) {}

  private final List<Socket> sockets = new ArrayList<>();
  private final Pair busy;
  private final Pair endedByClient;
  private final Pair endedByService;
  private final Pair idle;
  private final AtomicLong returned = new AtomicLong();
  private final CompletableFuture<Long> echoed = new CompletableFuture<>();
  private final CompletableFuture<Long> sent = new CompletableFuture<>();
  private final CompletableFuture<Long> read = new CompletableFuture<>();
  private volatile boolean enough;

  /** Opens them: what connects to {@code address} arrives at {@code service}. */
  public TestingLongConnections(InetSocketAddress address, ServerSocket service)
      throws IOException {
    busy = open(address, service);
    endedByClient = open(address, service);
    endedByService = open(address, service);
    idle = open(address, service);
    endedByClient.client.shutdownOutput();
    assertThat(endedByClient.service.getInputStream().read()).isEqualTo(-1);
    endedByService.service.shutdownOutput();
    assertThat(endedByService.client.getInputStream().read()).isEqualTo(-1);
    start(echoed, () -> busy.service.getInputStream().transferTo(busy.service.getOutputStream()));
    start(sent, this::send);
    start(read, this::compare);
  }

  private Pair open(InetSocketAddress address, ServerSocket service) throws IOException {
    Socket client = new Socket(address.getAddress(), address.getPort());
    sockets.add(client);
    Socket accepted = service.accept();
    sockets.add(accepted);
    client.setSoTimeout(TestingPatience.MILLIS);
    accepted.setSoTimeout(TestingPatience.MILLIS);
    return new Pair(client, accepted);
  }

  private interface Work {
    long run() throws IOException;
  }

  private static void start(CompletableFuture<Long> result, Work work) {
    Thread.ofPlatform()
        .start(
            () -> {
              try {
                result.complete(work.run());
              } catch (IOException | RuntimeException | AssertionError e) {
                result.completeExceptionally(e);
              }
            });
  }

  private long send() throws IOException {
    Random random = new Random(SEED);
    OutputStream out = busy.client.getOutputStream();
    byte[] piece = new byte[PIECE_BYTES];
    long count = 0;
    while (!enough) {
      random.nextBytes(piece);
      out.write(piece);
      count += piece.length;
    }
    busy.client.shutdownOutput();
    return count;
  }

  private long compare() throws IOException {
    Random random = new Random(SEED);
    InputStream in = busy.client.getInputStream();
    byte[] expected = new byte[PIECE_BYTES];
    byte[] piece = in.readNBytes(PIECE_BYTES);
    while (piece.length > 0) {
      random.nextBytes(expected);
      assertThat(Arrays.equals(piece, expected))
          .as("%s bytes from %s on", piece.length, returned)
          .isTrue();
      returned.addAndGet(piece.length);
      piece = in.readNBytes(PIECE_BYTES);
    }
    return returned.get();
  }

  /** The busy one moves a megabyte more from now on. */
  public void awaitBusy() throws InterruptedException {
    long from = returned.get();
    while (returned.get() < from + (1 << 20)) {
      assertThat(read).isNotDone();
      Thread.sleep(1);
    }
  }

  /** Each goes on from where it was, to an end in order. */
  public void goOn() throws Exception {
    awaitBusy();
    enough = true;
    assertThat(echoed.get()).isEqualTo(sent.get()).isPositive();
    busy.service.shutdownOutput();
    assertThat(read.get()).isEqualTo(sent.get());
    say(endedByClient.service, endedByClient.client);
    say(endedByService.client, endedByService.service);
    say(idle.client, idle.service);
    say(idle.service, idle.client);
  }

  private static void say(Socket from, Socket to) throws IOException {
    from.getOutputStream().write("a last word".getBytes(StandardCharsets.US_ASCII));
    from.shutdownOutput();
    assertThat(new String(to.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
        .isEqualTo("a last word");
  }

  @Override
  public void close() throws IOException {
    enough = true;
    for (Socket one : sockets) {
      one.close();
    }
  }
}
