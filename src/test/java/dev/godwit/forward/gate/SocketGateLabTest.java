package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingNamespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A database's socket, the one its clients on the same host use. */
@Tag("lab")
@Timeout(180)
final class SocketGateLabTest {
  private static final int CLIENTS = 4;

  @TempDir private Path directory;
  private @Nullable Process server;
  private final Map<String, AtomicInteger> failures = new ConcurrentHashMap<>();
  private final AtomicInteger greeted = new AtomicInteger();
  private volatile boolean stopped;

  private Path socket() {
    return directory.resolve("mysqld.sock");
  }

  private void start() throws IOException {
    server =
        new ProcessBuilder(
                "mariadbd",
                "--no-defaults",
                "--user=root",
                "--datadir=" + directory.resolve("data"),
                "--socket=" + socket(),
                "--skip-networking",
                "--innodb-buffer-pool-size=8M",
                "--innodb-log-file-size=4M")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("server.out").toFile())
            .start();
  }

  private void stop() throws InterruptedException {
    Process one = Objects.requireNonNull(server);
    one.destroy();
    assertThat(one.waitFor(20, TimeUnit.SECONDS)).isTrue();
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

  private void clients() {
    while (!stopped) {
      try {
        assertThat(greeting()).contains("MariaDB");
        greeted.incrementAndGet();
        Thread.sleep(5);
      } catch (IOException e) {
        failures.computeIfAbsent(e.toString(), m -> new AtomicInteger()).incrementAndGet();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private int failed() {
    return failures.values().stream().mapToInt(AtomicInteger::get).sum();
  }

  @Test
  void h52_no_client_of_mariadb_notices_100_switches_or_10_stops() throws Exception {
    TestingNamespace.command(
        "mariadb-install-db",
        "--no-defaults",
        "--user=root",
        "--auth-root-authentication-method=socket",
        "--skip-test-db",
        "--datadir=" + directory.resolve("data"));
    start();
    for (int i = 0; i < 400 && !isGreeting(); i++) {
      Thread.sleep(50);
    }
    Process session =
        new ProcessBuilder(
                "mariadb", "--no-defaults", "-N", "-n", "--skip-reconnect", "-S", "" + socket())
            .redirectErrorStream(true)
            .start();
    PortGroup group = new PortGroup("db", List.of(), List.of(socket()), ClientAddress.PLAIN);
    List<Thread> threads = new ArrayList<>();
    try (Gate gate =
            Gate.capture(
                directory.resolve("state/move"),
                List.of(group),
                1,
                () -> {
                  if (!Objects.requireNonNull(server).isAlive()) {
                    start();
                  }
                },
                0);
        Writer says = session.outputWriter();
        BufferedReader hears = session.inputReader()) {
      assertThat(select(says, hears, 1)).isEqualTo("1");
      for (int i = 0; i < CLIENTS; i++) {
        threads.add(Thread.ofPlatform().daemon().start(this::clients));
      }
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
      for (int i = 0; i < 10; i++) {
        int before = failed();
        gate.hold(1, Duration.ofSeconds(30));
        stop();
        gate.takeQueued(1);
        Thread.sleep(20);
        atStops += failed() - before;
        gate.back(1);
        Thread.sleep(50);
      }
      stopped = true;
      for (Thread thread : threads) {
        thread.join(20_000);
      }
      System.out.println("10 stops: " + greeted + " greeted, " + failures);
      assertThat(atStops).as("%s", failures).isZero();
      assertThat(failures.keySet()).noneMatch(f -> f.contains("reset") || f.contains("closed"));
    } finally {
      stopped = true;
      session.destroy();
      stop();
    }
  }

  private boolean isGreeting() {
    try {
      return greeting().contains("MariaDB");
    } catch (IOException e) {
      return false;
    }
  }

  private static String select(Writer says, BufferedReader hears, int what) throws IOException {
    says.write("select " + what + ";\n");
    says.flush();
    return hears.readLine();
  }
}
