package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.rules.Deletion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Trees that are deeper than the stack of a thread: any user can make one. */
@Tag("lab")
@Timeout(300)
final class DeepTreeTest {
  private static final int LEVELS = 3000;

  @TempDir(factory = TestingMemoryFolder.class)
  private Path folder;

  private Path source;
  private Path target;

  @BeforeEach
  void make() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = TestingTrees.folder(folder, "target");
    Files.writeString(source.resolve("stays"), "1");
    Files.writeString(target.resolve("stays"), "1");
  }

  @AfterEach
  void clear() throws Exception {
    TestingTrees.run(folder, "rm", "-rf", "source", "target"); // which no walk in Java could
  }

  /** Directories one in the other, with files in the last one. */
  private static void dig(Path root, String name, int levels, boolean withFile) throws Exception {
    DirectoryHandle at = DirectoryHandle.open(Names.of(root.toString()));
    for (int i = 0; i < levels; i++) {
      byte[] one = Names.of(i == 0 ? name : "d");
      at.makeDirectory(one, 0755);
      try (DirectoryHandle last = at) {
        at = last.beneath(one);
      }
    }
    if (withFile) {
      TestingTrees.write(at, Names.of("a"), Names.of("one"));
      at.makeHardLink(Names.of("b"), at, Names.of("a"));
      TestingTrees.write(at, Names.of("c"), Names.of("another"));
    }
    at.close();
  }

  private TestingRun run(TestingRun.Way way, Consumer<dev.godwit.sync.rules.Rules.Builder> options)
      throws Exception {
    return TestingRun.of(way, target, source + "/", options);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "FAR_TARGET"})
  void h35_what_is_deep_is_removed(TestingRun.Way way) throws Exception {
    dig(target, "gone", LEVELS, true);
    dig(target, "zone", 3, true);
    TestingRun run = run(way, rules -> rules.deletion = Deletion.DURING);
    assertThat(run.failures).isEmpty();
    assertThat(run.itemized().stream().filter(line -> line.startsWith("*deleting")))
        .hasSize(LEVELS + 3 + 3 + 3);
    assertThat(target).isDirectoryContaining("glob:**stays").isDirectoryNotContaining("glob:**one");
  }

  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "FAR_TARGET"})
  void h27_what_is_deep_counts_for_the_limit(TestingRun.Way way) throws Exception {
    dig(target, "gone", LEVELS, true);
    TestingRun run =
        run(
            way,
            rules -> {
              rules.deletion = Deletion.DURING;
              rules.deleteShareMax = 0.5;
            });
    assertThat(run.ended).hasMessageContaining("3,003 of the 3,004 names");
    assertThat(target.resolve("gone")).exists();
  }

  @Test
  void what_is_deep_may_have_been_renamed() throws Exception {
    dig(source, "new", LEVELS, true);
    dig(target, "gone", LEVELS, true);
    TestingRun run =
        run(
            TestingRun.Way.LOCAL,
            rules -> {
              rules.deletion = Deletion.DURING;
              rules.detectRenames = true;
              rules.wantsItems = false;
            });
    assertThat(run.failures).isEmpty();
    assertThat(run.ended).isNull();
    assertThat(target.resolve("gone")).doesNotExist();
    assertThat(target.resolve("new/d/d/d")).exists();
  }

  @Test
  void links_of_what_is_deep_are_told_in_order() throws Exception {
    dig(source, "deep", LEVELS, true);
    TestingRun run = run(TestingRun.Way.LOCAL, rules -> rules.hardLinks = true);
    assertThat(run.failures).isEmpty();
    assertThat(run.itemized()).hasSize(LEVELS + 3).anyMatch(line -> line.startsWith("hf+++++++++"));
  }

  /** Each of them is looked at whether something is in it, and then those in it once more. */
  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "FAR_SOURCE"})
  void empty_directories_in_each_other_are_left_out_in_no_time(TestingRun.Way way)
      throws Exception {
    dig(source, "empty", 150, false);
    dig(source, "deep", 300, true);
    TestingRun run = run(way, rules -> rules.pruneEmptyDirectories = true);
    assertThat(run.failures).isEmpty();
    assertThat(run.itemized()).hasSize(300 + 3);
    assertThat(target.resolve("empty")).doesNotExist();
  }
}
