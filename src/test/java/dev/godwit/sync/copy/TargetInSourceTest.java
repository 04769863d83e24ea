package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.copy.TestingRun.Way;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The target is a directory of the source: no pass takes it for a part of what is copied. */
final class TargetInSourceTest {
  private static final Instant TIME = Instant.ofEpochSecond(1_750_000_000L, 123_456_789);

  @TempDir Path folder;

  private void file(String path, String content, int age) throws Exception {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    Files.setLastModifiedTime(file, FileTime.from(TIME.plusSeconds(age)));
  }

  /**
   * {@code target/one} stands for a file of the source that leads a group of links when the target
   * is listed, and for a new name of {@code was} when renames are looked for there.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--delete",
        "--delete-before",
        "--delete-delay",
        "--delete-after",
        "--delete --detect-renames",
        "--delete-before --detect-renames",
        "-H --delete",
        "-H -i --delete --no-times"
      })
  void h26_is_not_a_part_of_any_pass(String options) throws Exception {
    file("source/a", "a", 1);
    file("source/sub/b", "of sub", 2);
    Files.createLink(folder.resolve("source/sub/c"), folder.resolve("source/sub/b"));
    file("source/target/one", "what was renamed, perhaps", 3);
    file("source/target/target/one-more", "a directory of the target's name", 4);
    file("source/target/target/was", "what was renamed, perhaps", 3);
    file("source/target/gone", "gone", 5);
    List<byte[]> arguments = new ArrayList<>();
    Stream.concat(Stream.of("-a"), Stream.of(options.split(" ")))
        .forEach(one -> arguments.add(Names.of(one)));
    arguments.add(Names.of(folder.resolve("source") + "/"));
    arguments.add(Names.of(folder.resolve("source/target").toString()));
    TestingRun run = TestingRun.of(Way.LOCAL, TestingRun.request(arguments));
    assertThat(run.failures).isEmpty();
    assertThat(run.ended).isNull();
    assertThat(run.notes).contains("0 not copied into itself: the target \"target\"");
    try (Stream<Path> all = Files.walk(folder.resolve("source/target"))) {
      assertThat(all.map(one -> folder.resolve("source/target").relativize(one).toString()))
          .containsExactlyInAnyOrder("", "a", "sub", "sub/b", "sub/c");
    }
  }
}
