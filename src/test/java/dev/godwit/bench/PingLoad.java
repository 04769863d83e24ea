package dev.godwit.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One connection, 64 bytes there and back, one after the other: how much later is an answer?
 *
 * @param background how many other connections do the same without a pause meanwhile
 */
record PingLoad(int rounds, int background) implements RelayLoad {
  static final Figure MEDIAN = new Figure("p50 µs", false);
  static final Figure P99 = new Figure("p99 µs", false);
  static final Figure P999 = new Figure("p99.9 µs", false);
  private static final int BYTES = 64;

  @Override
  public List<Figure> figures() {
    return List.of(MEDIAN, P99, P999);
  }

  @Override
  public int server() {
    return RelayServers.ECHO;
  }

  @Override
  public Map<String, Double> run(Way way, boolean brief) throws IOException, InterruptedException {
    Thread[] others = new Thread[background];
    try (Others running = new Others()) {
      for (int i = 0; i < background; i++) {
        others[i] = Thread.ofPlatform().daemon().start(() -> running.ping(way.port()));
      }
      long[] nanos = ping(way.port(), brief ? rounds / 4 : rounds);
      Arrays.sort(nanos);
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put(MEDIAN.name(), at(nanos, 0.5));
      figures.put(P99.name(), at(nanos, 0.99));
      figures.put(P999.name(), at(nanos, 0.999));
      return figures;
    } finally {
      for (Thread other : others) {
        if (other != null) {
          other.join();
        }
      }
    }
  }

  /** Connections whose times are not looked at. */
  private static final class Others implements AutoCloseable {
    private volatile boolean stopped;

    void ping(int port) {
      while (!stopped) {
        try {
          PingLoad.ping(port, 100);
        } catch (IOException e) {
          return; // the one that is measured will see it too
        }
      }
    }

    @Override
    public void close() {
      stopped = true;
    }
  }

  static double at(long[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1L, Math.round(sorted.length * share))] / 1e3;
  }

  static long[] ping(int port, int count) throws IOException {
    return ping("127.0.0.1", port, count);
  }

  static long[] ping(String host, int port, int count) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port));
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] message = new byte[BYTES];
      long[] nanos = new long[count];
      for (int i = 0; i < count; i++) {
        message[0] = (byte) i;
        long start = System.nanoTime();
        out.write(message);
        in.readFully(message);
        nanos[i] = System.nanoTime() - start;
        if (message[0] != (byte) i) {
          throw new IOException("another message came back");
        }
      }
      return nanos;
    }
  }
}
