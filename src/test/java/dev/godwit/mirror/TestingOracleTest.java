package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the judge of the mirror's tests sees beyond rsync. */
final class TestingOracleTest {
  @TempDir private Path folder;

  @Test
  void names_that_are_one_file_on_one_side_only_are_a_difference() throws Exception {
    Path source = Files.createDirectory(folder.resolve("source"));
    Path target = Files.createDirectory(folder.resolve("target"));
    for (Path file : List.of(source.resolve("a"), source.resolve("b"), target.resolve("a"))) {
      Files.writeString(file, "1");
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
    }
    Files.createLink(target.resolve("b"), target.resolve("a"));
    for (Path side : List.of(source, target)) {
      Files.setLastModifiedTime(side, FileTime.fromMillis(1_000_000));
    }
    assertThat(TestingOracle.differences(source, target)).containsExactly("hl target [a, b]");
    Files.delete(source.resolve("b"));
    Files.createLink(source.resolve("b"), source.resolve("a"));
    Files.setLastModifiedTime(source, FileTime.fromMillis(1_000_000));
    assertThat(TestingOracle.differences(source, target)).isEmpty();
  }
}
