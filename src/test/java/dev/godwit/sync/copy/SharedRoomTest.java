package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.mirror.TestingDisk;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the file system can, the copy of a large file takes no room of its own (FICLONE). */
@Tag("lab")
@Timeout(300)
final class SharedRoomTest {
  /** A line of {@code filefrag -v}: where an extent is on the disk, how long, and its flags. */
  private static final Pattern EXTENT =
      Pattern.compile(" *\\d+: +\\d+\\.\\. +\\d+: +(\\d+\\.\\. +\\d+): .*:(.*)");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"btrfs", "xfs"})
  void a_copy_shares_its_room_with_the_source(String kind) throws Exception {
    byte[] content = new byte[5_000_000];
    new Random(3).nextBytes(content);
    try (TestingDisk disk = new TestingDisk(kind);
        TestingCopyProcess process =
            TestingCopyProcess.startWith(256, TestingCopyProcess.Way.LOCAL)) {
      Path source = TestingTrees.folder(disk.place(), "source");
      Files.write(source.resolve("large"), content);
      TestingTrees.run(folder, "sync", "-f", source.toString());
      Path target = disk.place().resolve("target");
      try (TestingTracer tracer = new TestingTracer(process.pid(), folder, "ioctl:delay_enter=0")) {
        assertThat(process.copy(List.of("-a", source + "/", target.toString())))
            .isEqualTo(new TestingCopyProcess.Ending(0, ""));
        assertThat(tracer.lines()).anyMatch(line -> line.matches(".*FICLONE, .*= 0.*"));
      }
      assertThat(target.resolve("large")).hasBinaryContent(content);
      assertShared(source.resolve("large"), target.resolve("large"));

      // What --copy-dest has is the target's file in the same way.
      Path next = disk.place().resolve("next");
      assertThat(process.copy(List.of("-a", "--copy-dest=" + target, source + "/", "" + next)))
          .isEqualTo(new TestingCopyProcess.Ending(0, ""));
      assertShared(target.resolve("large"), next.resolve("large"));
    }
  }

  private void assertShared(Path one, Path other) throws Exception {
    List<MatchResult> first = extents(one);
    List<MatchResult> second = extents(other);
    assertThat(first).isNotEmpty().allMatch(extent -> extent.group(2).contains("shared"));
    assertThat(second.stream().map(extent -> extent.group(1)))
        .isEqualTo(first.stream().map(extent -> extent.group(1)).toList());
  }

  private List<MatchResult> extents(Path file) throws Exception {
    String told = TestingTrees.run(folder, "filefrag", "-s", "-v", file.toString());
    return told.lines().flatMap(line -> EXTENT.matcher(line).results()).toList();
  }
}
