package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingSwapper;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Trees whose owner plays tricks while they are copied. */
@Timeout(TestingPatience.TEST_SECONDS)
class SwappedTreeTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path source;
  private Path target;
  private Path canary;

  @BeforeEach
  void folders() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = TestingTrees.folder(folder, "target");
    canary = TestingTrees.folder(folder, "canary");
    for (int i = 0; i < 20; i++) {
      Files.writeString(canary.resolve("f" + i), "secret " + i);
    }
    Files.createDirectories(canary.resolve("sub"));
  }

  @Test
  void h1_a_swapped_directory_of_the_target_leads_nowhere() throws Exception {
    Files.createDirectories(source.resolve("d/sub"));
    Files.createDirectories(target.resolve("d/sub"));
    Files.createSymbolicLink(target.resolve("e"), canary);
    var before = TestingTrees.listing(canary);
    Random random = new Random(1);
    try (TestingSeries session = new TestingSeries(source, target, "/e");
        TestingSwapper swapper = new TestingSwapper(target, "d", "e")) {
      for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 20; i++) {
          Path file = source.resolve("d/f" + i);
          if (random.nextInt(3) == 0) {
            Files.deleteIfExists(file);
          } else {
            Files.writeString(file, "round " + round);
          }
        }
        session.lookAll();
        session.barrier();
      }
      assertThat(swapper.swaps).isGreaterThan(100);
    }
    assertThat(TestingTrees.listing(canary)).isEqualTo(before);
  }

  @Test
  void h1_a_swapped_directory_of_the_source_gives_nothing_away() throws Exception {
    Files.createDirectories(source.resolve("d/sub"));
    for (int i = 0; i < 20; i++) {
      Files.writeString(source.resolve("d/f" + i), "mine");
    }
    Files.createSymbolicLink(source.resolve("e"), canary);
    try (TestingSwapper swapper = new TestingSwapper(source, "d", "e")) {
      for (int round = 0; round < 60; round++) {
        Path to = folder.resolve("target" + round % 3);
        TestingTrees.run(folder, "rm", "-rf", to.toString());
        try (TestingSeries session = new TestingSeries(source, to)) {
          session.lookAll();
          session.barrier();
        }
        String found = TestingTrees.run(folder, "sh", "-c", "grep -rl secret " + to + " || true");
        assertThat(found).isEmpty();
      }
      assertThat(swapper.swaps).isGreaterThan(100);
    }
  }

  @Test
  void h5_files_that_turn_into_fifos_hold_nobody_up() throws Exception {
    for (int i = 0; i < 50; i++) {
      Files.writeString(source.resolve("f" + i), "content");
    }
    TestingTrees.run(source, "mkfifo", "pipe");
    try (TestingSwapper swapper = new TestingSwapper(source, "f0", "pipe")) {
      for (int round = 0; round < 30; round++) {
        try (TestingSeries session = new TestingSeries(source, target)) {
          session.lookAll();
          session.barrier();
        }
        for (int i = 0; i < 50; i += 5) {
          Files.writeString(source.resolve("f" + (i + 1)), "round " + round);
        }
      }
      assertThat(swapper.swaps).isGreaterThan(100);
    }
  }
}
