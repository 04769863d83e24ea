package dev.godwit.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Hold and release again and again, while clients come at a steady rate, each with one byte that it
 * wants back. Only Godwit can do that, so nothing is compared.
 */
record SwitchLoad(int switches, int clientsPerSecond) implements RelayLoad {
  static final Figure FAILED = new Figure("refused or reset", false);
  static final Figure HOLD_P99 = new Figure("in force p99 ms", false);
  static final Figure HOLD_P50 = new Figure("in force p50 ms", false);
  static final Figure CLIENTS = new Figure("clients", true);
  static final Figure WORST = new Figure("slowest client ms", false);

  private static final int THREADS = 24;
  private static final long PAUSE_MILLIS = 8;

  @Override
  public List<Figure> figures() {
    return List.of(FAILED, HOLD_P50, HOLD_P99, WORST, CLIENTS);
  }

  @Override
  public int server() {
    return RelayServers.ECHO;
  }

  @Override
  public Map<String, Double> run(Way way, boolean brief) throws IOException, InterruptedException {
    int count = brief ? 50 : switches;
    double[] millis = new double[count];
    Clients clients = new Clients(way.port());
    try (clients) {
      for (int i = 0; i < count; i++) {
        long start = System.nanoTime();
        // The group of a command line is called forward. The answer comes when it is in force.
        ask(Relayers.control(way.folder()), "hold forward 5000ms");
        millis[i] = (System.nanoTime() - start) / 1e6;
        Thread.sleep(PAUSE_MILLIS);
        ask(Relayers.control(way.folder()), "release forward");
        Thread.sleep(PAUSE_MILLIS);
      }
    }
    Arrays.sort(millis);
    String failure = clients.failure.get();
    if (failure != null) {
      System.err.println("benchmark: a client saw: " + failure);
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(FAILED.name(), (double) clients.failed.get());
    figures.put(HOLD_P50.name(), millis[count / 2]);
    figures.put(HOLD_P99.name(), millis[Math.min(count - 1, count * 99 / 100)]);
    figures.put(WORST.name(), clients.worstNanos.get() / 1e6);
    figures.put(CLIENTS.name(), (double) clients.answered.get());
    return figures;
  }

  /** One command to the candidate. */
  static void ask(Path socket, String command) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8)));
      ByteBuffer answer = ByteBuffer.allocate(200);
      while (channel.read(answer) >= 0 && answer.hasRemaining()) {
        // until it closes
      }
      String said = new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
      if (!said.startsWith("ok")) {
        throw new IOException("the relay said to " + command + ": " + said.strip());
      }
    }
  }

  /** Clients that come whatever happens to the others, and try once. */
  private final class Clients implements AutoCloseable {
    private final long start = System.nanoTime();
    private final AtomicLong next = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private final int port;
    private volatile boolean stopped;
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicLong worstNanos = new AtomicLong();
    private final AtomicReference<String> failure = new AtomicReference<>();

    Clients(int port) {
      this.port = port;
      for (int i = 0; i < THREADS; i++) {
        threads.add(Thread.ofPlatform().daemon().start(this::come));
      }
    }

    private void come() {
      while (!stopped) {
        long due = start + next.getAndIncrement() * (1_000_000_000L / clientsPerSecond);
        while (due - System.nanoTime() > 0) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        long began = System.nanoTime();
        try (Socket socket = new Socket()) {
          socket.connect(new InetSocketAddress("127.0.0.1", port), 10_000);
          socket.setSoTimeout(10_000);
          socket.getOutputStream().write(7);
          if (socket.getInputStream().read() != 7) {
            throw new IOException("an end instead of an answer");
          }
          answered.incrementAndGet();
        } catch (IOException e) {
          failed.incrementAndGet();
          failure.set(e.toString());
        }
        worstNanos.accumulateAndGet(System.nanoTime() - began, Math::max);
      }
    }

    @Override
    public void close() throws InterruptedException {
      stopped = true;
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }
}
