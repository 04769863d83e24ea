package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** H23: a target whose inodes keep whole seconds up to 2038 has all that it can have. */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class WholeSecondsTest {
  private static FileTime at(String time) {
    return FileTime.from(Instant.parse(time));
  }

  @Test
  void h23_what_a_target_cannot_keep_of_a_time_is_no_difference() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4", "-I", "128");
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path target = disk.place().resolve("target");
      Path other = m.tree.write("root/d/other", "1");
      Path late = m.tree.write("root/late", "1");
      m.tree.write("root/now", "1");
      Files.createSymbolicLink(m.source.resolve("link"), Path.of("now"));
      Files.setLastModifiedTime(other, at("2020-01-02T03:04:05.678Z"));
      Files.setLastModifiedTime(late, at("2100-01-02T03:04:05.678Z"));
      Process process =
          m.start("mirror", "--control=" + m.control, m.source + "/", target.toString());
      m.awaitState("live");
      m.ask("barrier");
      assertThat(Files.getLastModifiedTime(target.resolve("d/other")))
          .as("what this test is of")
          .isEqualTo(at("2020-01-02T03:04:05Z"));
      assertThat(m.ask("audit")).contains("0 names put right");
      Files.setLastModifiedTime(other, at("2020-01-02T03:04:07.678Z"));
      m.ask("barrier");
      assertThat(Files.getLastModifiedTime(target.resolve("d/other")))
          .isEqualTo(at("2020-01-02T03:04:07Z"));
      Files.setLastModifiedTime(target.resolve("now"), at("2020-01-02T03:04:05Z"));
      assertThat(m.ask("audit")).contains("1 name put right");
      process.destroy();
      assertThat(m.await(process)).as(m.output()).isZero();
      assertThat(m.run("mirror", "--once", m.source + "/", target.toString())).isZero();
      assertThat(m.output()).contains("0 put into place");
    }
  }
}
