package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingMariaDb;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A database's socket, the one its clients on the same host use. */
@Tag("lab")
@Timeout(300)
final class SocketGateLabTest {
  private static final long INTERVAL_NANOS = 5_000_000;
  private static final int STOPS = 30;

  @TempDir private Path directory;
  private @Nullable Process server;
  private final Map<String, AtomicInteger> failures = new ConcurrentHashMap<>();
  private final AtomicInteger greeted = new AtomicInteger();
  private final Queue<Thread> clients = new ConcurrentLinkedQueue<>();
  private final Queue<TestingLoad.Refusal> refusals = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  private Path socket() {
    return directory.resolve("mysqld.sock");
  }

  private void start() throws IOException {
    server =
        new ProcessBuilder(
                TestingMariaDb.server(
                    directory, socket(), "--skip-networking", "--max-connections=5000"))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("server.out").toFile())
            .start();
  }

  /** Asked for past the gate, in which clients wait. */
  private void awaitReady() throws IOException, InterruptedException {
    while (!Files.readString(directory.resolve("server.out")).contains("ready for connections")) {
      if (!Objects.requireNonNull(server).isAlive()) {
        throw new IOException("it has ended: " + Files.readString(directory.resolve("server.out")));
      }
      Thread.sleep(5);
    }
  }

  private void stop() throws InterruptedException {
    Process one = Objects.requireNonNull(server);
    one.destroy();
    assertThat(one.waitFor(TestingPatience.LIMIT)).isTrue();
  }

  /** Connects and reads the greeting: the server speaks first. */
  private String greeting() throws IOException {
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
      ByteBuffer answer = ByteBuffer.allocate(256);
      if (client.read(answer) <= 0) {
        throw new IOException("closed without a greeting");
      }
      return new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1);
    }
  }

  /** One after the other, whatever becomes of those before. */
  private void clients() {
    long start = System.nanoTime();
    for (int i = 0; !stopped; i++) {
      LockSupport.parkNanos(start + i * INTERVAL_NANOS - System.nanoTime());
      if (!stopped) {
        clients.add(Thread.ofVirtual().start(this::client));
      }
    }
  }

  private void client() {
    long began = System.nanoTime();
    try {
      if (!greeting().contains("MariaDB")) {
        throw new IOException("another greeting");
      }
      greeted.incrementAndGet();
    } catch (IOException e) {
      refusals.add(new TestingLoad.Refusal(began, System.nanoTime()));
      failures.computeIfAbsent(e.toString(), m -> new AtomicInteger()).incrementAndGet();
    }
  }

  private int failed() {
    return failures.values().stream().mapToInt(AtomicInteger::get).sum();
  }

  @Test
  void h52_no_client_of_mariadb_notices_100_switches_or_30_stops() throws Exception {
    TestingMariaDb.install(directory);
    start();
    awaitReady();
    Process session =
        new ProcessBuilder(
                "mariadb", "--no-defaults", "-N", "-n", "--skip-reconnect", "-S", "" + socket())
            .redirectErrorStream(true)
            .start();
    PortGroup group = new PortGroup("db", List.of(), List.of(socket()), ClientAddress.PLAIN);
    Thread coming = Thread.ofPlatform().daemon().unstarted(this::clients);
    try (Gate gate =
            Gate.capture(
                directory.resolve("state/move"),
                List.of(group),
                1,
                () -> {
                  if (!Objects.requireNonNull(server).isAlive()) {
                    start();
                    awaitReady();
                  }
                },
                0);
        Writer says = session.outputWriter();
        BufferedReader hears = session.inputReader()) {
      assertThat(select(says, hears, 1)).isEqualTo("1");
      coming.start();
      for (int i = 0; i < 100; i++) {
        gate.hold(1, Duration.ofSeconds(20));
        Thread.sleep(5);
        gate.back(1);
        Thread.sleep(10);
      }
      assertThat(failures).isEmpty();
      assertThat(select(says, hears, 2)).as("a session that was there").isEqualTo("2");
      System.out.println("100 switches: " + greeted + " greeted");
      int atStops = 0;
      for (int i = 0; i < STOPS; i++) {
        int before = failed();
        gate.hold(1, Duration.ofSeconds(30));
        stop();
        gate.takeQueued(1);
        Thread.sleep(20);
        atStops += failed() - before;
        long gapBefore = gate.status().gapMillis();
        refusals.clear();
        gate.back(1);
        // A server that looks whether anybody listens there does not start while the gate does.
        assertThat(TestingLoad.refusedMillis(refusals))
            .isLessThanOrEqualTo((double) (gate.status().gapMillis() - gapBefore + 1));
        Thread.sleep(50);
      }
      stopped = true;
      coming.join();
      for (Thread client : clients) {
        assertThat(client.join(TestingPatience.LIMIT)).as("each client ends").isTrue();
      }
      long gap = gate.status().gapMillis();
      System.out.println(
          STOPS + " stops: " + greeted + " greeted, " + failures + ", told " + gap + " ms");
      assertThat(atStops).as("%s", failures).isZero();
      assertThat(failures.keySet())
          .as("who finds no name is not cut off")
          .allMatch(f -> f.contains("No such file") || f.contains("refused"));
    } finally {
      stopped = true;
      session.destroy();
      stop();
    }
  }

  private static String select(Writer says, BufferedReader hears, int what) throws IOException {
    says.write("select " + what + ";\n");
    says.flush();
    return hears.readLine();
  }
}
