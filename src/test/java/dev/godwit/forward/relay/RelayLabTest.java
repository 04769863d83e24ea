package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the relay costs, printed; compare the rows of one run only. */
@Tag("lab")
final class RelayLabTest {
  private static final long BYTES = 3L << 30;
  private static final int ROUNDS = 4000;

  @Test
  void what_the_relay_costs() throws Exception {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    try (ServerSocket service = new ServerSocket(0, 50, loopback)) {
      InetSocketAddress direct = new InetSocketAddress(loopback, service.getLocalPort());
      Thread.ofPlatform().daemon().start(() -> serve(service));
      try (Forward forward = Forward.start(new InetSocketAddress(loopback, 0), direct)) {
        for (int i = 0; i < 2; i++) {
          long before = loopTicks();
          System.out.printf(
              "bulk: direct %.2f GB/s, relayed %.2f GB/s%n", bulk(direct), bulk(forward.address()));
          System.out.printf(
              "relay processor time %.3f s/GB%n", (loopTicks() - before) / 100.0 / (BYTES / 1e9));
          System.out.printf(
              "ping-pong p50: direct %d us, relayed %d us%n",
              pingPong(direct), pingPong(forward.address()));
        }
        assertThat(forward.errors()).isEmpty();
      }
    }
  }

  /** 0 asks for bytes, 1 for an echo. */
  private static void serve(ServerSocket service) {
    while (true) {
      try {
        Socket socket = service.accept();
        socket.setTcpNoDelay(true);
        Thread.ofPlatform().daemon().start(() -> serve(socket));
      } catch (java.io.IOException e) {
        return;
      }
    }
  }

  private static void serve(Socket socket) {
    try (socket) {
      int wish = socket.getInputStream().read();
      byte[] buffer = new byte[1 << 20];
      if (wish == 0) {
        for (long sent = 0; sent < BYTES; sent += buffer.length) {
          socket.getOutputStream().write(buffer);
        }
      } else {
        for (int n = socket.getInputStream().read(buffer); n > 0; ) {
          socket.getOutputStream().write(buffer, 0, n);
          n = socket.getInputStream().read(buffer);
        }
      }
    } catch (java.io.IOException e) {
      return;
    }
  }

  private static double bulk(InetSocketAddress address) throws Exception {
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      long start = System.nanoTime();
      socket.getOutputStream().write(0);
      byte[] buffer = new byte[1 << 20];
      long got = 0;
      for (int n = 0; n >= 0; n = socket.getInputStream().read(buffer)) {
        got += n;
      }
      assertThat(got).isEqualTo(BYTES);
      return BYTES / (double) (System.nanoTime() - start);
    }
  }

  private static long pingPong(InetSocketAddress address) throws Exception {
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.setTcpNoDelay(true);
      socket.getOutputStream().write(1);
      long[] nanos = new long[ROUNDS];
      byte[] ping = new byte[200];
      for (int i = 0; i < ROUNDS; i++) {
        long start = System.nanoTime();
        socket.getOutputStream().write(ping);
        socket.getInputStream().readNBytes(ping, 0, ping.length);
        nanos[i] = System.nanoTime() - start;
      }
      Arrays.sort(nanos);
      return nanos[ROUNDS / 2] / 1000;
    }
  }

  /** Processor time of the loop's thread, in hundredths of a second. */
  private static long loopTicks() throws Exception {
    try (var tasks = Files.list(Path.of("/proc/self/task"))) {
      for (Path task : tasks.toList()) {
        String stat = Files.readString(task.resolve("stat"));
        if (stat.contains("(forward loop)")) {
          String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
          return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
      }
    }
    throw new AssertionError("no loop");
  }
}
