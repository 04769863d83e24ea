package dev.godwit.forward.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.rules.Listen;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Those who ask, of whom there may be so many at a time. */
@Timeout(TestingPatience.TEST_SECONDS)
final class AnswerServerTest {
  /** More than the kernel keeps for whoever does not read. */
  private static final String LONG = "x".repeat(8 << 20);

  @TempDir private Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private Path path;

  /** Answers at length, or in short. */
  private final class Service implements Asker.Service {
    @Override
    public String mark() {
      return "\n";
    }

    @Override
    public Asker.Answer answer(String request, int fd) {
      answered.incrementAndGet();
      return new Asker.Answer(request.equals("long") ? LONG : "ok", true);
    }
  }

  @BeforeEach
  void start() throws Exception {
    path = folder.resolve("asked");
    EventLoop loop = closing(EventLoop.start("asked"));
    ListenSocket socket = ListenSocket.open(new Listen.Unix(path, null, null, 0600)).getFirst();
    AnswerServer unused = closing(AnswerServer.start(loop, socket, new Service()));
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
  }

  private <T extends AutoCloseable> T closing(T one) {
    opened.add(one);
    return one;
  }

  private SocketChannel asking(String question) throws Exception {
    SocketChannel client = closing(SocketChannel.open(StandardProtocolFamily.UNIX));
    client.connect(UnixDomainSocketAddress.of(path));
    client.write(ByteBuffer.wrap((question + "\n").getBytes(StandardCharsets.US_ASCII)));
    return client;
  }

  private static String answer(SocketChannel client) throws Exception {
    return new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.US_ASCII);
  }

  @Test
  void who_does_not_take_the_answer_keeps_nobody_out() throws Exception {
    for (int i = 1; i <= 40; i++) {
      SocketChannel unused = asking("long");
      int count = i;
      TestingPatience.await(() -> answered.get() == count);
    }
    assertThat(answer(asking("short"))).isEqualTo("ok");
    assertThat(answer(asking("long"))).isEqualTo(LONG);
  }
}
