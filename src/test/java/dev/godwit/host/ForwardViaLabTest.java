package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.forward.server.ForwardServer;
import dev.godwit.linux.Identity;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connections through a real ssh and the agent behind it. Needs the packaged jar. */
@Tag("lab")
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ForwardViaLabTest {
  private static final int DAEMON = 1;

  @TempDir(factory = TestingPrivateFolder.class)
  private Path folder;

  private final AtomicInteger lines = new AtomicInteger();
  private TestingSshd sshd;
  private AgentFile agent;

  @BeforeEach
  void start() throws Exception {
    Path jar = Path.of(System.getProperty(AgentFile.PROPERTY, "target/godwit.jar"));
    assumeThat(jar).as("packaged before").isRegularFile();
    agent = AgentFile.of(jar);
    sshd =
        new TestingSshd(
            folder, Map.of("GODWIT_AGENT_FOLDER", folder.resolve("far/agent").toString()));
  }

  @AfterEach
  void end() throws Exception {
    if (sshd != null) {
      sshd.close();
    }
  }

  private ForwardServer forward(String... keysAndValues) throws IOException {
    RuleBuilder rule = new RuleBuilder("test");
    rule.add("via", "far");
    for (int i = 0; i < keysAndValues.length; i += 2) {
      rule.add(keysAndValues[i], keysAndValues[i + 1]);
    }
    ForwardRules rules =
        new ForwardRules(List.of(rule.build()), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
    return ForwardServer.start(
        rules,
        host -> {
          lines.incrementAndGet();
          return SshHost.connect(
              "via", sshd.destination(), sshd.clientArguments(), agent, SshOptions.STANDARD);
        },
        line -> {});
  }

  private static byte[] random(int bytes) {
    byte[] much = new byte[bytes];
    new Random(11).nextBytes(much);
    return much;
  }

  private static <T> CompletableFuture<T> later(Callable<T> work) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return work.call();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void h53_bytes_ends_and_resets_go_through_ssh() throws Exception {
    try (ServerSocket service = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        ForwardServer forward =
            forward("listen", "127.0.0.1:0", "to", "localhost:" + service.getLocalPort())) {
      int port = forward.addresses().getFirst().getPort();
      byte[] much = random(20 << 20);
      try (Socket client = new Socket("127.0.0.1", port);
          Socket server = service.accept()) {
        CompletableFuture<byte[]> got = later(() -> server.getInputStream().readAllBytes());
        client.getOutputStream().write(much);
        client.shutdownOutput();
        assertThat(got.get()).isEqualTo(much);
        server.getOutputStream().write("answer".getBytes());
        server.close();
        assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("answer");
      }
      try (Socket client = new Socket("127.0.0.1", port)) {
        Socket server = service.accept();
        server.getOutputStream().write(1);
        assertThat(client.getInputStream().read()).isEqualTo(1);
        server.setSoLinger(true, 0);
        server.close();
        assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
      }
    }
  }

  /** One ssh for all: what one of them does not read is not in the way of the others. */
  @Test
  void many_go_on_over_one_ssh_beside_a_reader_that_has_stopped() throws Exception {
    int count = 100;
    int rounds = 20;
    byte[] much = random(64 << 20); // more than all buffers on the way hold
    try (ServerSocket service = new ServerSocket(0, 200, InetAddress.getByName("127.0.0.1"));
        ForwardServer forward =
            forward("listen", "127.0.0.1:0", "to", "localhost:" + service.getLocalPort());
        ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      int port = forward.addresses().getFirst().getPort();
      try (Socket slow = new Socket("127.0.0.1", port);
          Socket slowServer = service.accept()) {
        Future<?> sending =
            each.submit(
                () -> {
                  slowServer.getOutputStream().write(much);
                  slowServer.shutdownOutput();
                  return null;
                });
        var unused =
            each.submit(
                () -> {
                  for (int i = 0; i < count; i++) {
                    Socket one = service.accept();
                    var unusedToo =
                        each.submit(() -> one.getInputStream().transferTo(one.getOutputStream()));
                  }
                  return null;
                });
        Thread.sleep(500);
        long begun = System.nanoTime();
        List<Future<Void>> others =
            IntStream.range(0, count).mapToObj(i -> each.submit(() -> talk(port, rounds))).toList();
        for (Future<Void> one : others) {
          TestingPatience.get(one);
        }
        System.out.printf(
            "%d connections, %d questions each: %d ms%n",
            count, rounds, (System.nanoTime() - begun) / 1_000_000);
        assertThat(sending.isDone()).as("its own credit holds it back").isFalse();
        assertThat(lines).as("one ssh").hasValue(1);
        byte[] got = slow.getInputStream().readAllBytes();
        TestingPatience.get(sending);
        assertThat(got).as("once it reads").isEqualTo(much);
      }
    }
  }

  private static Void talk(int port, int rounds) throws IOException {
    try (Socket one = new Socket("127.0.0.1", port)) {
      one.setSoTimeout(TestingPatience.MILLIS);
      byte[] question = random(1000);
      for (int i = 0; i < rounds; i++) {
        one.getOutputStream().write(question);
        assertThat(one.getInputStream().readNBytes(question.length)).isEqualTo(question);
      }
    }
    return null;
  }

  @ParameterizedTest
  @CsvSource({"keep,daemon", "own,root"})
  void the_service_at_the_other_end_of_ssh_sees_the_user_who_was_asked_for(
      String how, String expected, @TempDir Path places) throws Exception {
    assumeThat(Identity.isRoot()).as("connecting as another user needs root").isTrue();
    Files.setPosixFilePermissions(places, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path path = places.resolve("service.sock");
    Path front = places.resolve("front.sock");
    try (ServerSocketChannel service = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        ForwardServer unused =
            forward(
                "listen",
                "unix:" + front + ",mode=0666",
                "to",
                "unix:" + path,
                "client-user",
                how)) {
      service.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
      int client = UnixSockets.stream();
      assertThat(UnixSockets.connectAs(client, front, DAEMON, DAEMON)).isZero();
      try (SocketChannel accepted = service.accept()) {
        assertThat(accepted.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName())
            .isEqualTo(expected);
      }
      Sockets.close(client);
    }
  }
}
