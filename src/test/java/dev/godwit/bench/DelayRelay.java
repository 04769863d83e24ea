package dev.godwit.bench;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A line with a long way: passes TCP connections on, each byte half of the round trip later than it
 * came, with no limit of bytes a second but the one that ssh's window sets. Bytes under way are
 * bounded. The kernel's own netem does this better, where it is built.
 */
final class DelayRelay implements Closeable {
  private static final int CHUNK = 64 << 10;

  /** Chunks under way in one direction: 64 MB. */
  private static final int CHUNKS_MAX = 1024;

  private final ServerSocket server;
  private final InetSocketAddress destination;
  private final long delay_ns;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Chunk(byte[] bytes, int length, long due_ns) {}

  DelayRelay(InetSocketAddress destination, Duration roundTrip) throws IOException {
    this.destination = destination;
    delay_ns = roundTrip.toNanos() / 2;
    server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().name("delay-accept").daemon().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void accept() {
    while (true) {
      try {
        Socket near = server.accept();
        Socket far = new Socket();
        far.connect(destination);
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        carry(near, far);
        carry(far, near);
      } catch (IOException e) {
        if (server.isClosed()) {
          return;
        }
        throw new UncheckedIOException(e);
      }
    }
  }

  private void carry(Socket from, Socket to) {
    BlockingQueue<Chunk> underWay = new ArrayBlockingQueue<>(CHUNKS_MAX);
    Thread.ofPlatform().name("delay-read").daemon().start(() -> read(from, underWay));
    Thread.ofPlatform().name("delay-write").daemon().start(() -> write(to, underWay));
  }

  private void read(Socket from, BlockingQueue<Chunk> underWay) {
    try {
      try {
        InputStream in = from.getInputStream();
        while (true) {
          byte[] bytes = new byte[CHUNK];
          int length = in.read(bytes);
          if (length < 0) {
            break;
          }
          underWay.put(new Chunk(bytes, length, System.nanoTime() + delay_ns));
        }
      } catch (IOException e) {
        // The connection was reset: its other half ends as well, below.
      }
      underWay.put(new Chunk(new byte[0], 0, System.nanoTime() + delay_ns));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void write(Socket to, BlockingQueue<Chunk> underWay) {
    try {
      OutputStream out = to.getOutputStream();
      while (true) {
        Chunk chunk = underWay.take();
        long wait_ns = chunk.due_ns() - System.nanoTime();
        if (wait_ns > 0) {
          Thread.sleep(Duration.ofNanos(wait_ns));
        }
        if (chunk.length() == 0) {
          to.shutdownOutput();
          return;
        }
        out.write(chunk.bytes(), 0, chunk.length());
      }
    } catch (IOException e) {
      // The receiver has gone. What was still under way is lost, as on a line.
      drain(underWay);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void drain(BlockingQueue<Chunk> underWay) {
    try {
      while (underWay.take().length() > 0) {}
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
