package dev.godwit.wire;

import dev.godwit.TestingPatience;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract over a connection through pipes of 4 KiB, opened by A. */
class ConnectionChannelTest extends ChannelContract {
  final LinkedBlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
  private final CountDownLatch over = new CountDownLatch(1);
  TestingPipe aToB = new TestingPipe(4096);
  TestingPipe bToA = new TestingPipe(4096);
  Connection a;
  Connection b;

  @BeforeEach
  void connect() {
    a = Connection.start(bToA.in, aToB.out, B, this::keep, ConnectionSettings.of("build"));
    b = Connection.start(aToB.in, bToA.out, A, this::keep, ConnectionSettings.of("build"));
  }

  private void keep(String ability, byte[] argument, Channel channel) {
    accepted.add(channel);
    try {
      over.await(); // the channel is closed when this returns
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void disconnect() {
    over.countDown();
    a.close();
    b.close();
  }

  @Override
  InMemoryChannels.ChannelPair open() throws Exception {
    Channel first = opener().open("test", new byte[0]);
    Channel second = accepted.poll(TestingPatience.LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (second == null) {
      throw new AssertionError("not accepted");
    }
    return opener() == a
        ? new InMemoryChannels.ChannelPair(first, second)
        : new InMemoryChannels.ChannelPair(second, first);
  }

  Connection opener() {
    return a;
  }
}
