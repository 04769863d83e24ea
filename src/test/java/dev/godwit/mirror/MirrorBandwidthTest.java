package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much goes to the target may be said, and said otherwise, while a mirror runs. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MirrorBandwidthTest {
  private static final int FILE_BYTES = 32 << 20;

  /** The file would take more than an hour. */
  private static final long SLOW = 8 << 10;

  private static final Duration LIMIT = Duration.ofSeconds(TestingPatience.TEST_SECONDS / 2);

  @Test
  void a_limit_holds_from_when_it_is_said_and_over_connections_until_it_is_lifted()
      throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a/file", "1");
      m.live();
      m.mirror.bandwidth(SLOW);
      m.mirror.barrier(LIMIT); // by which the source has heard of it
      byte[] content = new byte[FILE_BYTES];
      new Random(1).nextBytes(content);
      Files.write(m.source.resolve("large"), content);
      Path copy = m.target.resolve("large");
      Thread.sleep(500);
      assertThat(copy).as("the limit holds").doesNotExist();

      m.unreachable(true);
      m.await(MirrorState.RECONNECTING);
      m.unreachable(false);
      m.await(MirrorState.COPYING);
      Thread.sleep(500);
      assertThat(copy).as("and for the next connection").doesNotExist();

      m.mirror.bandwidth(0); // also for what waits already
      m.await(MirrorState.LIVE);
      assertThat(m.mirror.barrier(LIMIT).failures()).isZero();
      m.assertEqual("without a limit");
    }
  }
}
