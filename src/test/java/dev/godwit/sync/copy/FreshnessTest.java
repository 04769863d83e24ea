package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.Names;
import dev.godwit.mirror.TestingDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(TestingPatience.TEST_SECONDS)
class FreshnessTest {
  private static final byte[] NAME = Names.of("f");

  @ParameterizedTest
  @CsvSource({
    // seconds and nanoseconds of the stamp, then of the clock
    "10, 500000000, 10, 500000000, true",
    "10, 500000000, 10, 499999999, true", // finer than the clock
    "10, 500000000, 10, 500000001, false",
    "10, 500000000, 10, 300000000, false", // of another clock
    "10, 0, 10, 0, true",
    "10, 0, 10, 999999999, true", // the whole second
    "10, 0, 11, 0, false",
    "10, 0, 9, 950000000, true",
    "12, 0, 10, 0, false", // of another clock
  })
  void h19_a_stamp_may_come_again_until_the_clock_goes_on(
      long seconds, int nanos, long clockSeconds, long clockNanos, boolean mayBe) {
    FileStatus status = new FileStatus(0, 0, 0, 0, 0, 0, 0, 0, seconds, nanos, 0, 0, 0, 0, 0, 0, 0);
    long clock = TimeUnit.SECONDS.toNanos(clockSeconds) + clockNanos;
    assertThat(Freshness.mayBeStampedAgain(status, clock)).isEqualTo(mayBe);
  }

  /** What nothing is waited for then: the kernel's promise, on this machine. */
  @ParameterizedTest
  @Tag("lab")
  @ValueSource(strings = {"ext4", "xfs", "btrfs", "tmpfs"})
  void h13_h19_two_changes_have_two_stamps_when_somebody_looked_in_between(String kind)
      throws Exception {
    try (TestingDisk disk = new TestingDisk(kind)) {
      Path file = Files.writeString(disk.place().resolve("f"), "x");
      try (DirectoryHandle in = DirectoryHandle.open(Names.of(disk.place().toString()));
          FileHandle handle = in.openForReading(NAME, false)) {
        assumeTrue(
            FileSystemStatus.of(handle).tellsChangesApart(), "this kernel has no fine stamps");
        Freshness freshness = new Freshness();
        for (int i = 0; i < 2000; i++) {
          FileStatus before = Objects.requireNonNull(in.status(NAME));
          assertThat(freshness.settle(handle, before)).isSameAs(before);
          Files.writeString(file, "y");
          assertThat(Freshness.isUnchanged(before, handle.status())).as("change %d", i).isFalse();
        }
      }
    }
  }

  @Test
  @Tag("lab")
  void h19_two_changes_within_one_second_where_inodes_keep_whole_seconds() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4", "-I", "128")) {
      Path source = Files.createDirectory(disk.place().resolve("source"));
      Path target = disk.place().resolve("target");
      Path file = Files.writeString(source.resolve("f"), "0");
      try (TestingSeries session = new TestingSeries(source, target)) {
        session.lookAll();
        session.barrier();
        boolean isOneSecond = false;
        for (int i = 0; i < 10 && !isOneSecond; i++) {
          long millis = System.currentTimeMillis() % 1000;
          Thread.sleep(1010 - millis); // a second begins
          long second = System.currentTimeMillis() / 1000;
          Files.writeString(file, "a" + i);
          session.lookNames("", "f");
          Thread.sleep(300); // it would be read by now
          Files.writeString(file, "b" + i);
          isOneSecond = System.currentTimeMillis() / 1000 == second;
          session.lookNames("", "f");
          assertThat(session.barrier().failures()).isZero();
          assertThat(target.resolve("f")).hasContent("b" + i);
        }
        assertThat(isOneSecond).as("both were written within one second").isTrue();
      }
    }
  }
}
