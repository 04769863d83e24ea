package dev.godwit.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * By how much others are slowed by clients that say nothing, that say a byte now and then, that do
 * not read what they asked for, and that reset. They come and go by turns in one run, so that both
 * times are of one moment; and they are few enough a second that it is not the processor that is
 * missing.
 *
 * @param turns without and with them
 * @param rounds of one turn: 64 bytes there and back
 */
record HostileLoad(int turns, int rounds) implements RelayLoad {
  static final Figure SLOWED = new Figure("p50 with them / without", false);
  static final Figure SLOWED_P99 = new Figure("p99 with them / without", false);
  private static final int SILENT = 100;
  private static final int STOPPED = 20;
  private static final int ASKED_BYTES_MAX = 8 << 20;
  private static final long PAUSE_NANOS = 5_000_000;

  @Override
  public List<Figure> figures() {
    return List.of(SLOWED, SLOWED_P99);
  }

  @Override
  public int server() {
    return RelayServers.ECHO;
  }

  @Override
  public Map<String, Double> run(Way way, boolean brief) throws IOException, InterruptedException {
    List<long[]> alone = new ArrayList<>();
    List<long[]> beside = new ArrayList<>();
    for (int i = 0; i < (brief ? 1 : turns); i++) {
      alone.add(PingLoad.ping(way.port(), rounds));
      try (Crowd crowd = new Crowd(way.port())) {
        beside.add(PingLoad.ping(way.port(), rounds));
        crowd.check();
      }
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(SLOWED.name(), at(beside, 0.5) / at(alone, 0.5));
    figures.put(SLOWED_P99.name(), at(beside, 0.99) / at(alone, 0.99));
    return figures;
  }

  private static double at(List<long[]> turns, double share) {
    long[] all = turns.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    return PingLoad.at(all, share);
  }

  /** All of them, until it is closed. */
  private static final class Crowd implements AutoCloseable {
    private final InetSocketAddress relay;
    private final List<SocketChannel> slow = new ArrayList<>();
    private final Thread busy;
    private volatile boolean ended;
    private final AtomicInteger resets = new AtomicInteger();

    Crowd(int port) throws IOException {
      relay = new InetSocketAddress("127.0.0.1", port);
      for (int i = 0; i < STOPPED; i++) {
        askWithoutReading(connect());
      }
      for (int i = 0; i < SILENT; i++) {
        slow.add(connect());
      }
      busy = Thread.ofPlatform().daemon().name("hostile").start(this::disturb);
    }

    private SocketChannel connect() throws IOException {
      return SocketChannel.open(relay);
    }

    /** Sends until nobody takes more: everything between here and the server is full then. */
    private void askWithoutReading(SocketChannel socket) throws IOException {
      slow.add(socket);
      socket.configureBlocking(false);
      ByteBuffer bytes = ByteBuffer.allocate(64 * 1024);
      int sent = 0;
      for (int quiet = 0; quiet < 3 && sent < ASKED_BYTES_MAX; ) {
        int n = socket.write(bytes.clear());
        sent += n;
        quiet = n == 0 ? quiet + 1 : 0;
        if (n == 0) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    }

    private void disturb() {
      ByteBuffer one = ByteBuffer.allocate(1);
      try {
        while (!ended) {
          SocketChannel reset = connect();
          int unused = reset.write(one.clear());
          reset.setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
          reset.close();
          SocketChannel silent = slow.get(STOPPED + resets.get() % SILENT);
          unused += silent.write(one.clear());
          resets.incrementAndGet();
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (IOException e) {
        return; // told by check
      }
    }

    /** That they were there all the time. */
    void check() throws IOException {
      if (!busy.isAlive() || resets.get() == 0) {
        throw new IOException("the clients that disturb have ended before");
      }
    }

    @Override
    public void close() throws IOException {
      ended = true;
      try {
        busy.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      for (SocketChannel socket : slow) {
        socket.close();
      }
    }
  }
}
