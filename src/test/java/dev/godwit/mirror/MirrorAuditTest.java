package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** H23: what an audit that reads the content of all files finds, and one that does not. */
@Tag("lab")
final class MirrorAuditTest {
  /** A file that nobody has changed at the source for an hour is not in doubt. */
  @Test
  void h23_an_edit_of_the_target_that_keeps_size_and_time() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirror m = new TestingMirror(disk.place().toString(), Rung.BEST)) {
      Path file = m.tree.write("root/in/a", "one content");
      FileTime time = FileTime.from(Instant.now().minus(1, ChronoUnit.DAYS));
      Files.setLastModifiedTime(file, time);
      disk.setChanged(file, Instant.now().minus(1, ChronoUnit.HOURS));
      m.live();
      m.assertEqual("at first");
      Path copy = m.target.resolve("in/a");
      Files.writeString(copy, "two content");
      Files.setLastModifiedTime(copy, time);
      assertThat(m.mirror.audit(TestingMirror.LIMIT).isComplete()).isTrue();
      assertThat(copy).as("size and time are those of the source").hasContent("two content");
      assertThat(m.mirror.audit(TestingMirror.LIMIT, true).isComplete()).isTrue();
      assertThat(copy).hasContent("one content");
      assertThat(m.mirror.status().lagMillis()).isLessThan(3_600_000);
    }
  }
}
