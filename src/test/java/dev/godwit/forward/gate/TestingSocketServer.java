package dev.godwit.forward.gate;

import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.net.ExtendedSocketOptions;

/**
 * A service on a unix socket that behaves as most do: removes the name and binds it when it starts,
 * removes it when it stops, answers each line with its own name, the line and who asked.
 */
public final class TestingSocketServer implements AutoCloseable {
  private final String name;
  private final Path path;
  private final boolean removesAtStart;
  private final AtomicInteger served = new AtomicInteger();
  private volatile ServerSocketChannel listening;
  private volatile Thread accepting;

  public TestingSocketServer(String name, Path path, boolean removesAtStart) throws IOException {
    this.name = name;
    this.path = path;
    this.removesAtStart = removesAtStart;
    start();
  }

  void start() throws IOException {
    if (removesAtStart) {
      Files.deleteIfExists(path);
    }
    ServerSocketChannel made = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      made.bind(UnixDomainSocketAddress.of(path), 4096);
    } catch (IOException e) {
      made.close();
      throw e;
    }
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
    listening = made;
    accepting = Thread.ofPlatform().daemon().name(name).start(() -> accept(made));
  }

  private void accept(ServerSocketChannel from) {
    try {
      while (true) {
        SocketChannel client = from.accept();
        Thread.ofPlatform().daemon().start(() -> serve(client));
      }
    } catch (IOException e) {
      return;
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      String user = client.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
      ByteBuffer line = ByteBuffer.allocate(4096);
      while (client.read(line) >= 0) {
        if (line.position() > 0 && line.get(line.position() - 1) == '\n') {
          String said = new String(line.array(), 0, line.position() - 1, StandardCharsets.UTF_8);
          line.clear();
          served.incrementAndGet();
          String answer = name + " " + said + " " + user + "\n";
          client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
        }
      }
    } catch (IOException e) {
      return;
    }
  }

  /** As mariadbd does: what it has accepted it answers, the name goes. */
  void stop() throws IOException {
    listening.close();
    awaitEnd(accepting); // until then the kernel has a listener
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      return; // nor does mariadbd mind
    }
  }

  private static void awaitEnd(Thread accepting) {
    try {
      accepting.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  int served() {
    return served.get();
  }

  @Override
  public void close() throws IOException {
    stop();
  }

  /** A client that stays; as root. */
  static SocketChannel connect(Path path) throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(path));
  }

  static String ask(SocketChannel client, String line) throws IOException {
    client.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
    ByteBuffer answer = ByteBuffer.allocate(4096);
    if (client.read(answer) <= 0) {
      throw new IOException("closed without an answer");
    }
    return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8).strip();
  }

  /** Asks one line as a user of this host; never again if it fails. Platform threads only. */
  public static String askAs(int uid, Path path, String line) throws IOException {
    try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      int unused =
          UnixSockets.acting(
              uid, uid, () -> client.connect(UnixDomainSocketAddress.of(path)) ? 0 : 1);
      return ask(client, line);
    }
  }

  /** Clients at a steady rate, each with one request, that never try again. */
  public static final class Load implements AutoCloseable {
    public final AtomicInteger answered = new AtomicInteger();
    final Map<String, AtomicInteger> failures = new ConcurrentHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    public Load(Path path, int threads, long pauseMillis) {
      for (int i = 0; i < threads; i++) {
        this.threads.add(Thread.ofPlatform().daemon().start(() -> run(path, pauseMillis)));
      }
    }

    private void run(Path path, long pauseMillis) {
      for (int i = 0; !stopped; i++) {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
          client.write(ByteBuffer.wrap(("load " + i + "\n").getBytes(StandardCharsets.UTF_8)));
          ByteBuffer answer = ByteBuffer.allocate(256);
          if (client.read(answer) <= 0) {
            throw new IOException("closed without an answer");
          }
          answered.incrementAndGet();
        } catch (IOException e) {
          failures.computeIfAbsent(e.toString(), m -> new AtomicInteger()).incrementAndGet();
        }
        try {
          Thread.sleep(pauseMillis);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    public int failed() {
      return failures.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    @Override
    public void close() throws InterruptedException {
      stopped = true;
      for (Thread thread : threads) {
        thread.join(15_000);
      }
    }

    @Override
    public String toString() {
      return answered + " answered, failed " + failures;
    }
  }
}
