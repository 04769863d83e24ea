package dev.godwit.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

final class InMemoryChannelsTest extends ChannelContract {
  @Override
  InMemoryChannels.ChannelPair open() {
    return InMemoryChannels.pair(A, B);
  }

  /**
   * Whoever waits looks by itself for what comes lazily only while much comes: a mirror's single
   * change is a few messages, and ten looks after each were a sixth of what it cost.
   */
  @Test
  void a_few_messages_wake_whoever_waits_once_each() throws Exception {
    int groups = 10;
    int each = 3;
    var pair = open();
    TestingThreads.Running receiving =
        threads.start(
            () -> {
              while (pair.b().receive() != null) {}
              return null;
            });
    threads.awaitWaiting(receiving);
    long before = waits(receiving.thread());
    for (int group = 0; group < groups; group++) {
      for (int i = 0; i < each; i++) {
        pair.a().sendLazily(new byte[1], 0, 1);
      }
      Thread.sleep(30);
    }
    assertThat(waits(receiving.thread()) - before).isBetween(1L, (long) groups * (each + 1));
    pair.a().finish();
    var unused = receiving.get();
  }

  private static long waits(Thread thread) {
    return ManagementFactory.getThreadMXBean().getThreadInfo(thread.threadId()).getWaitedCount();
  }
}
