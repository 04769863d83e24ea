package dev.godwit.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The servers behind the relays: iperf3, nginx, and one that sends back what it gets. */
final class RelayServers implements AutoCloseable {
  static final int IPERF = 7001;
  static final int WEB = 7002;
  static final int ECHO = 7003;

  private static final int TRIES = 1000;

  private final RunGroup group;
  private final ServerSocketChannel echo;

  RelayServers(Path folder) throws IOException {
    Programs.run("ip", "link", "set", "lo", "up");
    Path here = Files.createDirectories(folder.resolve("servers"));
    group = RunGroup.create("godwit-benchmark-servers");
    Path web = here.resolve("nginx.conf");
    Files.writeString(
        web,
        """
        daemon off;
        pid %1$s/nginx.pid;
        error_log %1$s/error.log;
        worker_processes 1;
        worker_rlimit_nofile 20000;
        events { worker_connections 10000; }
        http {
          access_log off;
          keepalive_requests 100000000;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          server {
            listen 127.0.0.1:%2$d backlog=4096;
            location / { return 200 "served\\n"; }
          }
        }
        """
            .formatted(here, WEB));
    start(group, List.of("nginx", "-p", here.toString(), "-c", web.toString()), here, "nginx");
    start(
        group,
        List.of("iperf3", "-s", "-B", "127.0.0.1", "-p", Integer.toString(IPERF)),
        here,
        "iperf3");
    echo = ServerSocketChannel.open();
    echo.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), ECHO), 4096);
    Thread.ofPlatform().daemon().name("echo").start(this::echo);
    awaitListening(WEB, here);
    awaitListening(IPERF, here);
  }

  /** Starts a program in a group; what it says goes to a file. */
  static void start(RunGroup group, List<String> command, Path folder, String name)
      throws IOException {
    new ProcessBuilder(group.inside(command))
        .redirectErrorStream(true)
        .redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(folder.resolve(name + ".out").toFile())
        .start();
  }

  /** Returns when somebody listens there, seen without connecting. */
  static void awaitListening(int port, Path folder) throws IOException {
    String local = ":%04X ".formatted(port);
    for (int i = 0; i < TRIES; i++) {
      for (String line : Files.readAllLines(Path.of("/proc/self/net/tcp"))) {
        // Number, local address, peer address, state; 0A is LISTEN: proc_net_tcp(5).
        if (line.contains(local) && line.contains(" 00000000:0000 0A ")) {
          return;
        }
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BenchmarkException("interrupted");
      }
    }
    StringBuilder said = new StringBuilder();
    try (var files = Files.newDirectoryStream(folder, "*.out")) {
      for (Path file : files) {
        said.append(Programs.read(file));
      }
    }
    throw new BenchmarkException("nobody listens at port " + port + ": " + said);
  }

  /** One thread for all: many are idle, and one talks at a time. */
  private void echo() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    try (Selector selector = Selector.open()) {
      echo.configureBlocking(false);
      echo.register(selector, SelectionKey.OP_ACCEPT);
      while (echo.isOpen()) {
        selector.select(key -> answer(key, selector, buffer));
      }
    } catch (IOException e) {
      if (echo.isOpen()) {
        System.err.println("benchmark: the echo server has ended: " + e);
      }
    }
  }

  private void answer(SelectionKey key, Selector selector, ByteBuffer buffer) {
    if (!(key.channel() instanceof SocketChannel client)) {
      accept(selector);
      return;
    }
    try {
      if (key.attachment() instanceof ByteBuffer rest) {
        client.write(rest);
        if (!rest.hasRemaining()) {
          key.attach(null);
          key.interestOps(SelectionKey.OP_READ);
        }
        return;
      }
      int n = client.read(buffer.clear());
      client.write(buffer.flip());
      if (buffer.hasRemaining()) {
        // A client that does not read is not read from either.
        key.attach(ByteBuffer.allocate(buffer.remaining()).put(buffer).flip());
        key.interestOps(SelectionKey.OP_WRITE);
      }
      if (n < 0) {
        client.close();
      }
    } catch (IOException e) {
      close(client);
    }
  }

  private void accept(Selector selector) {
    try {
      for (SocketChannel client = echo.accept(); client != null; client = echo.accept()) {
        client.configureBlocking(false);
        client.setOption(java.net.StandardSocketOptions.TCP_NODELAY, true);
        client.register(selector, SelectionKey.OP_READ);
      }
    } catch (IOException e) {
      throw new IllegalStateException("unable to accept", e);
    }
  }

  private static void close(SocketChannel client) {
    try {
      client.close();
    } catch (IOException e) {
      System.err.println("benchmark: unable to close a connection: " + e);
    }
  }

  @Override
  public void close() throws IOException {
    echo.close();
    group.close();
  }
}
