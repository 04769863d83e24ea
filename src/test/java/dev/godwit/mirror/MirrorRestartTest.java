package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happened while no mirror ran. */
@Tag("lab")
@Timeout(300)
final class MirrorRestartTest {
  /** Longer than anything is in doubt that nobody has seen. */
  private static final Duration DOWN = Duration.ofHours(2);

  /**
   * A file that was changed an hour ago, and whose size and time are those from before. That its
   * inode changed an hour ago can only be said while its file system is not mounted.
   */
  @Test
  void h19_a_change_of_equal_size_with_its_time_set_back() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirror m = new TestingMirror(disk.place().toString(), Rung.BEST)) {
      m.tree.write("root/stays", "1");
      Path file = m.tree.write("root/in/a", "one content");
      FileTime time = FileTime.from(Instant.now().minus(1, ChronoUnit.DAYS));
      Files.setLastModifiedTime(file, time);
      m.live();
      m.assertEqual("at first");
      RootMemory memory = m.mirror.memory();
      assertThat(memory.seenUntil()).isBetween(Instant.now().minusSeconds(60), Instant.now());
      m.mirror.close();
      Files.writeString(file, "two content");
      Files.setLastModifiedTime(file, time);
      disk.setChanged(file, Instant.now().minus(1, ChronoUnit.HOURS));
      assertThat((FileTime) Files.getAttribute(file, "unix:ctime"))
          .isLessThan(FileTime.from(Instant.now().minus(50, ChronoUnit.MINUTES)));
      assertThat(Files.getLastModifiedTime(file)).isEqualTo(time);

      RootMemory then =
          new RootMemory(
              memory.identity(),
              memory.wasFilled(),
              memory.wasLive(),
              Instant.now().minus(DOWN),
              List.of(),
              memory.target(),
              List.of(),
              List.of());
      try (Mirror again = m.again(then)) {
        again.start();
        again.awaitLive(TestingMirror.LIMIT);
        var unused = again.barrier(TestingMirror.LIMIT);
        assertThat(m.target.resolve("in/a")).hasContent("two content");
      }
    }
  }
}
