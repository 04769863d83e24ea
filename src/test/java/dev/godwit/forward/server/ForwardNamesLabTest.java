package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Destinations by their names: such as {@code forward release --to} has, while the name server does
 * not answer, and one that leads elsewhere after a while.
 */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardNamesLabTest {
  /** Where ip-netns(8) looks for what a namespace has in the place of files in /etc. */
  private static final Path NAMESPACES = Path.of("/etc/netns");

  @TempDir private Path directory;
  private TestingNamespace namespace;
  private Path settings;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answers = new CountDownLatch(1);

  /** Where every name leads. */
  private volatile String there = "127.0.0.2";

  @BeforeEach
  void start() throws Exception {
    namespace = new TestingNamespace();
    settings = Files.createDirectories(NAMESPACES.resolve(namespace.name));
    Files.writeString(
        settings.resolve("resolv.conf"), "nameserver 127.0.0.53\noptions timeout:30 attempts:2\n");
    DatagramSocket names =
        namespace.call(() -> new DatagramSocket(new InetSocketAddress("127.0.0.53", 53)));
    opened.add(names);
    Thread.ofPlatform().daemon().start(() -> answerNames(names));
    serve("127.0.0.1", "old");
    serve("127.0.0.2", "new");
    opened.add(TestingForward.start(namespace, "9700", "127.0.0.1:9701", "--control", control()));
  }

  @AfterEach
  void end() throws Exception {
    answers.countDown();
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    Files.deleteIfExists(settings.resolve("resolv.conf"));
    Files.deleteIfExists(settings);
    try {
      Files.deleteIfExists(NAMESPACES);
    } catch (DirectoryNotEmptyException e) {
      assertThat(NAMESPACES).as("somebody else's").isNotEmptyDirectory();
    }
    namespace.close();
  }

  private String control() {
    return directory.resolve("control").toString();
  }

  private String command(String... words) throws Exception {
    return TestingForward.run(namespace, words);
  }

  /** Every name is {@link #there}, and nobody is told before {@link #answers}. */
  private void answerNames(DatagramSocket socket) {
    try {
      while (true) {
        DatagramPacket question = new DatagramPacket(new byte[512], 512);
        socket.receive(question);
        asked.countDown();
        Thread.ofPlatform().daemon().start(() -> answerName(socket, question));
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  private void answerName(DatagramSocket socket, DatagramPacket question) {
    try {
      if (!answers.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
      int end = 12;
      while (question.getData()[end] != 0) {
        end += 1 + question.getData()[end];
      }
      end += 5; // the name's end, type and class
      boolean isFour = question.getData()[end - 3] == 1;
      ByteBuffer answer = ByteBuffer.allocate(512);
      answer.put(question.getData(), 0, end);
      answer.putShort(2, (short) 0x8180).putShort(6, (short) (isFour ? 1 : 0)).putInt(8, 0);
      if (isFour) {
        answer.putShort((short) 0xc00c).putShort((short) 1).putShort((short) 1).putInt(60);
        answer.putShort((short) 4).put(InetAddress.getByName(there).getAddress());
      }
      socket.send(
          new DatagramPacket(answer.array(), answer.position(), question.getSocketAddress()));
    } catch (IOException | InterruptedException e) {
      return; // the test has ended
    }
  }

  private void serve(String address, String word) throws Exception {
    ServerSocket service =
        namespace.call(() -> new ServerSocket(9701, 50, InetAddress.getByName(address)));
    opened.add(service);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              while (!service.isClosed()) {
                try (Socket one = service.accept()) {
                  one.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  continue;
                }
              }
            });
  }

  /** Who serves a new client. */
  private String served() throws Exception {
    return servedAt(9700);
  }

  private String servedAt(int port) throws Exception {
    return namespace.call(
        () -> {
          try (Socket client = new Socket("127.0.0.1", port)) {
            client.setSoTimeout(TestingPatience.MILLIS);
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
          }
        });
  }

  /** What comes of it, which may take its time. */
  private static <T> CompletableFuture<T> later(Callable<T> action) {
    CompletableFuture<T> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                done.complete(action.call());
              } catch (Exception e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  private CompletableFuture<String> release() {
    return later(() -> command("release", "-p", control(), "--to", "new.example:9701"));
  }

  @Test
  void h50_a_lease_ends_while_the_name_of_a_release_is_looked_for() throws Exception {
    command("hold", "-p", control(), "--limit", "10s");
    CompletableFuture<String> release = release();
    assertThat(asked.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    assertThat(TestingPatience.get(later(this::served))).as("after the limit").isEqualTo("old");
    assertThat(TestingPatience.get(later(() -> command("status", "-p", control()))))
        .contains("0 refused");
    answers.countDown();
    // Who has come meanwhile was served by the old one: not half of them by each.
    assertThatThrownBy(() -> TestingPatience.get(release))
        .hasMessageContaining("the limit of a hold or another command has come first")
        .hasMessageContaining("`pass`");
    assertThat(served()).isEqualTo("old");
    TestingPatience.get(release());
    assertThat(served()).isEqualTo("new");
  }

  /** Within the half minute for which the JVM remembers it, and another until it is asked for. */
  @Test
  void h67_a_destination_whose_name_leads_elsewhere_is_followed() throws Exception {
    there = "127.0.0.1";
    answers.countDown();
    String second = directory.resolve("second").toString();
    opened.add(TestingForward.start(namespace, "9703", "web.example:9701", "--control", second));
    assertThat(servedAt(9703)).isEqualTo("old");
    there = "127.0.0.2";
    TestingPatience.await(
        "a client at the new address",
        () -> {
          String by = servedAt(9703);
          assertThat(by).as("nobody is refused meanwhile").isIn("old", "new");
          return by.equals("new");
        });
  }

  @Test
  void a_release_goes_to_a_path_with_blanks() throws Exception {
    Path path = directory.resolve("my app rate=7.sock");
    try (ServerSocketChannel service = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      service.bind(UnixDomainSocketAddress.of(path));
      command("release", "-p", control(), "--to", "unix:" + path, "--rate", "5");
      CompletableFuture<String> served = later(this::served);
      try (SocketChannel one = service.accept()) {
        one.write(ByteBuffer.wrap("unix".getBytes(StandardCharsets.US_ASCII)));
      }
      assertThat(TestingPatience.get(served)).isEqualTo("unix");
    }
  }
}
