package dev.godwit.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two honest ends that do everything at once, in any order: neither may ever find that the other
 * broke a rule, nothing hangs, and nothing is left behind.
 */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ConnectionStressTest {
  private static final int ROUNDS = 300;

  @Test
  void two_honest_ends_never_quarrel() throws Exception {
    long seed = new Random().nextLong();
    AtomicInteger served = new AtomicInteger();
    TestingPipe aToB = new TestingPipe(4096);
    TestingPipe bToA = new TestingPipe(4096);
    Connection.Acceptor acceptor =
        (ability, argument, channel) -> act(channel, new Random(seed + served.incrementAndGet()));
    ConnectionSettings settings = ConnectionSettings.of("build");
    try (Connection a = Connection.start(bToA.in, aToB.out, "b", acceptor, settings);
        Connection b = Connection.start(aToB.in, bToA.out, "a", acceptor, settings);
        TestingThreads threads = new TestingThreads()) {
      List<TestingThreads.Running> openers = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        Connection connection = thread % 2 == 0 ? a : b;
        Random random = new Random(seed - thread);
        openers.add(
            threads.start(
                () -> {
                  for (int round = 0; round < ROUNDS; round++) {
                    Channel channel =
                        connection.open("test", new byte[random.nextInt(3) * random.nextInt(9000)]);
                    act(channel, random);
                    channel.close();
                  }
                  return 0;
                }));
      }
      for (TestingThreads.Running opener : openers) {
        assertThat(opener.get()).as("seed " + seed).isEqualTo(0);
      }
      assertThat(a.isLost()).as("seed " + seed).isFalse();
      assertThat(b.isLost()).as("seed " + seed).isFalse();
      threads.eventually(
          () -> {
            assertThat(served.get()).isEqualTo(8 * ROUNDS);
            assertThat(a.openChannels()).as("seed " + seed).isZero();
            assertThat(b.openChannels()).as("seed " + seed).isZero();
            assertThat(a.budget().left()).isEqualTo(Frame.WINDOW_BUDGET_BYTES);
            assertThat(b.budget().left()).isEqualTo(Frame.WINDOW_BUDGET_BYTES);
          });
    }
  }

  /** Some of everything; whatever the other end does to the channel meanwhile is fine. */
  private static void act(Channel channel, Random random) {
    // One long message at most: two ends that both only send would fill both windows and wait.
    boolean mayBeLong = true;
    try {
      for (int step = random.nextInt(12); step > 0; step--) {
        switch (random.nextInt(12)) {
          case 0, 1, 2, 3 -> channel.send(new byte[random.nextInt(2000)]);
          case 4 -> {
            if (mayBeLong) {
              channel.send(new byte[random.nextInt(Channel.MESSAGE_BYTES_MAX + 1)]);
              mayBeLong = false;
            }
          }
          case 5 -> channel.finish();
          case 6 -> {
            if (random.nextInt(4) == 0) {
              channel.fail("because");
            }
          }
          case 7 -> {
            // Both could wait for each other here, which is no fault of the connection.
            channel.finish();
            while (channel.receive() != null) {
              // taken
            }
          }
          default -> Thread.onSpinWait();
        }
      }
    } catch (WireException e) {
      // The other end had enough.
    }
  }
}
