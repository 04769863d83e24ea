package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Problem;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(TestingPatience.TEST_SECONDS)
class SeriesFullDiskTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path source;
  private Path disk;

  @BeforeEach
  void mount() throws Exception {
    source = TestingTrees.folder(folder, "source");
    disk = TestingTrees.folder(folder, "disk");
    TestingTrees.run(
        folder, "mount", "-t", "tmpfs", "-o", "size=4m", "godwit-test", disk.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    TestingTrees.run(folder, "umount", disk.toString());
  }

  @Test
  void h83_a_full_disk_is_told_and_old_files_stay_whole() throws Exception {
    Path target = disk.resolve("target");
    Files.writeString(source.resolve("old"), "old content");
    Files.writeString(source.resolve("small"), "1");
    assertThat(TestingSeries.once(source, target).isComplete()).isTrue();

    Files.write(source.resolve("old"), new byte[20_000_000]);
    Files.write(source.resolve("large"), new byte[6_000_000]);
    Files.writeString(source.resolve("small"), "22");
    TestingSeries.Once result = TestingSeries.once(source, target);
    assertThat(result.failures()).isEqualTo(2);
    assertThat(result.problems()).allMatch(Problem::isTargetUnusable);
    assertThat(result.problems().toString())
        .contains("target: old: cannot be written here: No space left on device")
        .contains("target: large: cannot be written here: No space left on device");
    assertThat(target.resolve("old")).hasContent("old content");
    assertThat(target.resolve("large")).doesNotExist();
    assertThat(target.resolve("small")).hasContent("22");
    assertThat(TestingTrees.run(target, "find", ".", "-name", ".godwit*")).isEmpty();

    // H24: when there is room again, the next look brings what is missing.
    Files.write(source.resolve("old"), new byte[1_000_000]);
    Files.delete(source.resolve("large"));
    assertThat(TestingSeries.once(source, target).isComplete()).isTrue();
    assertThat(TestingTrees.listing(target)).isEqualTo(TestingTrees.listing(source));
  }

  /** It is asked in intervals what is left: so there is more of it several times. */
  @Test
  @Timeout(TestingPatience.TEST_SECONDS)
  void h24_room_that_comes_again_is_told() throws Exception {
    for (int i = 0; i < 3; i++) {
      Files.write(disk.resolve("filler" + i), new byte[1 << 20]);
    }
    TestingTrees.run(disk, "sh", "-c", "cat /dev/zero >filler 2>/dev/null || true");
    Files.write(source.resolve("large"), new byte[1_000_000]);
    Path target = TestingTrees.folder(disk, "target");
    AtomicInteger told = new AtomicInteger();
    try (TestingSeries series =
        new TestingSeries(
            TestingSeries.request(source, target, SeriesRequest.exactRules().build()))) {
      series.source.whenRoom(told::incrementAndGet);
      series.lookAll();
      assertThat(series.barrier().first()).isNotEmpty().allMatch(Problem::isTargetUnusable);
      for (int i = 0; i < 3; i++) {
        Thread.sleep(3000);
        assertThat(told).hasValueLessThanOrEqualTo(i);
        Files.delete(disk.resolve("filler" + i));
      }
      TestingPatience.await("told", () -> told.get() > 0);
      series.lookAll();
      assertThat(series.barrier().failures()).isZero();
      assertThat(target.resolve("large")).hasSize(1_000_000);
      Thread.sleep(3000);
      assertThat(told).hasValue(1);
    }
  }

  @Test
  void h83_many_small_files_on_a_full_disk_end_without_hanging() throws Exception {
    for (int i = 0; i < 3000; i++) {
      Files.write(source.resolve("f" + i), new byte[5000]);
    }
    TestingSeries.Once result = TestingSeries.once(source, disk.resolve("target"));
    assertThat(result.failures()).isGreaterThan(1000);
    assertThat(result.problems().getFirst().toString()).contains("No space left on device");
    assertThat(TestingTrees.run(disk, "find", ".", "-name", ".godwit*")).isEmpty();
  }

  @Test
  @Timeout(TestingPatience.TEST_SECONDS)
  void h83_the_names_of_one_file_that_does_not_fit_do_not_ask_for_each_other_for_ever()
      throws Exception {
    TestingTrees.run(disk, "sh", "-c", "cat /dev/zero >filler 2>/dev/null || true");
    Files.write(source.resolve("one"), new byte[5000]);
    Files.createLink(source.resolve("two"), source.resolve("one"));
    Files.createLink(source.resolve("three"), source.resolve("one"));
    TestingSeries.Once result = TestingSeries.once(source, disk.resolve("target"));
    assertThat(result.problems()).isNotEmpty().allMatch(Problem::isTargetUnusable);
    assertThat(TestingTrees.run(disk, "find", ".", "-name", ".godwit*")).isEmpty();
  }
}
