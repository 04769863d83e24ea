package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoarseClockTest {
  @TempDir Path folder;

  @Test
  void ticks_every_few_milliseconds_and_follows_the_clock() {
    assertThat(CoarseClock.tickNanos())
        .isBetween(TimeUnit.MICROSECONDS.toNanos(900), TimeUnit.MILLISECONDS.toNanos(11));
    long before = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    assertThat(CoarseClock.nanos())
        .isBetween(before - TimeUnit.SECONDS.toNanos(1), before + TimeUnit.SECONDS.toNanos(1));
  }

  @Test
  void h19_a_change_after_the_next_tick_has_another_stamp() throws Exception {
    Path file = folder.resolve("f");
    try (DirectoryHandle in = DirectoryHandle.open(Names.of(folder.toString()))) {
      for (int i = 0; i < 50; i++) {
        Files.writeString(file, "1");
        long first = ctime(in);
        while (CoarseClock.nanos() <= first) {
          Thread.onSpinWait();
        }
        Files.writeString(file, "2");
        assertThat(ctime(in)).isGreaterThan(first);
      }
    }
  }

  private static long ctime(DirectoryHandle in) throws LinuxException {
    FileStatus status = in.status(Names.of("f"));
    return status == null ? 0 : status.ctimeTotalNanos();
  }
}
