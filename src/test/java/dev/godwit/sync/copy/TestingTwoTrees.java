package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A source and a place for a target, in memory: what tests of series begin with. */
abstract class TestingTwoTrees {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  /** An empty directory. */
  Path source;

  /** Nothing is there. */
  Path target;

  @BeforeEach
  final void folders() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = folder.resolve("target");
  }

  /** Files of the source, each with its path as its content. */
  final void grow(String... paths) throws Exception {
    for (String path : paths) {
      Files.createDirectories(source.resolve(path).getParent());
      Files.writeString(source.resolve(path), path);
    }
  }

  final void assertEqual() throws Exception {
    assertThat(TestingTrees.listing(target)).isEqualTo(TestingTrees.listing(source));
  }
}
