package dev.godwit.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Clients that mean no good, until they are closed: some do not read what they asked for, some say
 * a byte now and then, some never say one; others come and reset, come when their address has no
 * place left, or begin with what is no PROXY header where one has to be.
 */
final class HostileClients implements AutoCloseable {
  /** Who are there and never say a word, all of one address: its limit, where there is one. */
  static final int HALF_OPEN = 200;

  private static final String CROWDED = "127.0.0.2";
  private static final String HERE = "127.0.0.1";
  private static final int SLOW = 100;
  private static final int STOPPED = 20;
  private static final int ASKED_BYTES_MAX = 8 << 20;
  private static final long SETTLE_MILLIS = 300;
  private static final long PAUSE_NANOS = 5_000_000;

  /** What PROXY headers of version 2 begin with. */
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

  private static final List<byte[]> MALFORMED =
      List.of(
          latin("GET / HTTP/1.0\r\n\r\n"),
          latin("PROXY TCP4 192.0.2.1\r\n"),
          latin("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"),
          latin("PROXY TCP4 " + "1".repeat(120)),
          // Version, family, length in two bytes (octal): of a version that there is not,
          latin(SIGNATURE + "1\21\0\14" + "\0".repeat(12)),
          // longer than any header, too short for its addresses, with half a field at its end.
          latin(SIGNATURE + "!\21\377\377"),
          latin(SIGNATURE + "!\21\0\4" + "\0".repeat(4)),
          latin(SIGNATURE + "!\21\0\16" + "\0".repeat(14)));

  private final InetSocketAddress relay;
  private final @Nullable InetSocketAddress announced;
  private final int halfOpenCount;
  private final List<SocketChannel> stopped = new ArrayList<>();
  private final List<SocketChannel> slow = new ArrayList<>();
  private final List<SocketChannel> halfOpen = new ArrayList<>();
  private final UnwantedClients unwanted = new UnwantedClients();
  private final AtomicInteger rounds = new AtomicInteger();
  private @Nullable Thread busy;
  private volatile boolean ended;

  /**
   * @param announced the port that wants PROXY headers, or 0
   * @param connectionsMax how many a relay of its kind can bear at once
   */
  HostileClients(int port, int announced, int connectionsMax) {
    relay = new InetSocketAddress(HERE, port);
    this.announced = announced == 0 ? null : new InetSocketAddress(HERE, announced);
    halfOpenCount = Math.min(HALF_OPEN, connectionsMax / 2);
  }

  /** Returns when those who stay are there, and have been for a moment. */
  void come() throws IOException, InterruptedException {
    for (int i = 0; i < STOPPED; i++) {
      askWithoutReading(connect(HERE, stopped));
    }
    for (int i = 0; i < SLOW; i++) {
      connect(HERE, slow);
    }
    for (int i = 0; i < halfOpenCount; i++) {
      connect(CROWDED, halfOpen);
    }
    // That a relay is still connecting them to their server is not what is measured.
    Thread.sleep(SETTLE_MILLIS);
    busy = Thread.ofPlatform().daemon().name("hostile").start(this::disturb);
  }

  private SocketChannel connect(String from, List<SocketChannel> all) throws IOException {
    SocketChannel socket = SocketChannel.open();
    all.add(socket);
    socket.bind(new InetSocketAddress(from, 0)).connect(relay);
    return socket;
  }

  /** Sends until nobody takes more: everything between here and the server is full then. */
  private static void askWithoutReading(SocketChannel socket) throws IOException {
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
    try {
      for (int i = 0; !ended; i++) {
        reset();
        int unused = slow.get(i % SLOW).write(ByteBuffer.allocate(1));
        // By turns: together they are as many as those who reset.
        if (i % 2 == 0 || announced == null) {
          unwanted.come(CROWDED, relay, new byte[1]);
        } else {
          unwanted.come(HERE, announced, MALFORMED.get(i / 2 % MALFORMED.size()));
        }
        rounds.incrementAndGet();
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    } catch (IOException e) {
      return; // told by check
    }
  }

  private void reset() throws IOException {
    try (SocketChannel socket = SocketChannel.open(relay)) {
      int unused = socket.write(ByteBuffer.allocate(1));
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
    }
  }

  /** That they were there all the time, and that who has a place has kept it. */
  void check() throws IOException {
    Thread thread = busy;
    if (thread == null || !thread.isAlive() || rounds.get() == 0) {
      throw new IOException("the clients that disturb have ended before");
    }
    ByteBuffer one = ByteBuffer.allocate(1);
    for (SocketChannel socket : halfOpen) {
      socket.configureBlocking(false);
      if (socket.read(one) != 0) {
        throw new IOException("a client was turned away although there was place for it");
      }
    }
  }

  /** Those who come when their address has no place left, or with a malformed header. */
  UnwantedClients unwanted() {
    return unwanted;
  }

  @Override
  public void close() throws IOException {
    ended = true;
    try {
      if (busy != null) {
        busy.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // Before the half-open ones go: they leave places behind.
    unwanted.close();
    for (List<SocketChannel> all : List.of(stopped, slow, halfOpen)) {
      for (SocketChannel socket : all) {
        socket.close();
      }
    }
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
