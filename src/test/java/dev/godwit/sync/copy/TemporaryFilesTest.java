package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a killed run left in the directory for temporary files (-T). */
final class TemporaryFilesTest {
  @TempDir Path folder;

  @Test
  void h14_what_is_left_goes_when_nobody_else_uses_the_directory() throws Exception {
    Path directory = TestingTrees.folder(folder, "temporary");
    Path left = directory.resolve(Names.display(new TemporaryNames().next()));
    Path other = directory.resolve(".godwit-of-another");
    Path below = TestingTrees.folder(directory, Names.display(new TemporaryNames().next()));
    Files.writeString(left, "half");
    Files.writeString(other, "not ours");
    Files.writeString(below.resolve("f"), "no file of ours is a directory");
    try (DirectoryHandle one = DirectoryHandle.open(Names.of(directory.toString()));
        DirectoryHandle two = DirectoryHandle.open(Names.of(directory.toString()))) {
      assertThat(two.tryLockShared()).isTrue();
      TemporaryFiles.enter(one);
      assertThat(left).as("it may be the other run's").exists();
      two.close();
      TemporaryFiles.enter(one);
      assertThat(left).doesNotExist();
      assertThat(other).exists();
      assertThat(below.resolve("f")).exists();
      try (DirectoryHandle three = DirectoryHandle.open(Names.of(directory.toString()))) {
        assertThat(three.tryLock()).as("as long as one is open").isFalse();
        assertThat(three.tryLockShared()).isTrue();
      }
    }
  }

  @Test
  void a_run_removes_what_a_killed_one_left_and_a_dry_run_does_not() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Path directory = TestingTrees.folder(folder, "temporary");
    Path left = directory.resolve(Names.display(new TemporaryNames().next()));
    Files.writeString(source.resolve("f"), "content");
    Files.writeString(left, "half");
    for (boolean dryRun : new boolean[] {true, false}) {
      TestingRun run =
          TestingRun.of(
              TestingRun.Way.LOCAL,
              folder.resolve("target"),
              source + "/",
              rules -> {
                rules.temporaryDirectory = Names.of(directory.toString());
                rules.dryRun = dryRun;
              });
      assertThat(run.failures).isEmpty();
      assertThat(Files.exists(left)).isEqualTo(dryRun);
    }
  }
}
