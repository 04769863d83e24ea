package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Counters;
import dev.godwit.watch.Watch.Rung;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What it costs, counted in looks and not in time. */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorCostTest {
  private static final int DIRTY = 10;

  /** What ten changes and a barrier look at, in a tree of so many directories of ten files. */
  private static Counters ofBarrier(Rung rung, int directories) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      FileTime old = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
      for (int i = 0; i < directories * 10; i++) {
        Files.setLastModifiedTime(m.tree.write("root/d" + i / 10 + "/f" + i % 10, "" + i), old);
      }
      m.live();
      return m.duringAtOnce(
          () -> {
            for (int i = 0; i < DIRTY; i++) {
              m.tree.write("root/d" + i + "/f" + i, "changed");
            }
          });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void a_barrier_costs_what_changed_and_not_what_is_there(Rung rung) throws Exception {
    Counters small = ofBarrier(rung, 10);
    Counters large = ofBarrier(rung, 200);
    for (Counters one : new Counters[] {small, large}) {
      assertThat(one.filesApplied()).isEqualTo(DIRTY);
      assertThat(one.filesSeen()).as("files looked at").isBetween((long) DIRTY, 3L * DIRTY);
      assertThat(one.directoriesSeen()).as("directories looked at").isLessThan(3L * DIRTY);
    }
  }

  /** Its own writes are no changes, and nothing is compared again that is equal. */
  @Test
  void h26_an_idle_pair_sends_nothing() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      for (int i = 0; i < 100; i++) {
        m.tree.write("root/d" + i % 5 + "/f" + i, "content " + i);
      }
      m.live().assertEqual("at first");
      // What changed a moment ago is read again once, and nothing after that.
      Counters done = m.during(() -> Thread.sleep(4000));
      assertThat(done.filesSent() + done.bytesSent()).as("files and bytes sent").isZero();
      assertThat(done.filesApplied() + done.adjusted() + done.deleted()).isZero();
      long looked = m.mirror.status().files();
      Counters later = m.during(() -> Thread.sleep(2000));
      assertThat(later).as("after %s looks", looked).isEqualTo(Counters.NONE);
    }
  }

  /** As a database's: without its rest it would be copied some eight times. */
  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void a_large_file_that_is_written_to_all_the_time_is_copied_now_and_then(Rung rung)
      throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      Path file = m.tree.write("root/data", "");
      try (FileChannel data = FileChannel.open(file, StandardOpenOption.WRITE)) {
        ByteBuffer all = ByteBuffer.allocate(100_000_000);
        while (all.hasRemaining()) {
          data.write(all);
        }
        m.live();
        Counters done =
            m.during(
                () -> {
                  long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
                  for (long i = 0; System.nanoTime() < end; i++) {
                    data.write(ByteBuffer.wrap(new byte[] {(byte) i}), i * 4096);
                    Thread.sleep(10);
                  }
                });
        assertThat(done.filesApplied()).isBetween(1L, 3L);
      }
      m.assertEqual("after the close");
    }
  }
}
