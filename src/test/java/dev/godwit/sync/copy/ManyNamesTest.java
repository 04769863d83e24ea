package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One directory with very many names, copied with little memory. */
@Tag("lab")
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ManyNamesTest {
  private static final int NAMES = Integer.getInteger("godwit.many.names", 300_000);

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  /** Both sides are in one process, which has the memory of two. */
  @Test
  void the_names_of_one_directory_need_little_memory() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    TestingTrees.run(source, "sh", "-c", "seq -f name-%.0f " + NAMES + " | xargs touch -d @5");
    Path target = folder.resolve("target");
    List<String> arguments = List.of("-a", "--delete", source + "/", target.toString());
    try (TestingCopyProcess process =
        TestingCopyProcess.startWith(256, TestingCopyProcess.Way.BOTH_FAR)) {
      assertCopied(process, arguments, source, target);
      Files.writeString(source.resolve("name-7"), "changed");
      Files.delete(source.resolve("name-8"));
      Files.writeString(target.resolve("name-0"), "of the target alone");
      assertCopied(process, arguments, source, target);
      assertThat(target.resolve("name-7")).hasContent("changed");
    }
  }

  private void assertCopied(
      TestingCopyProcess process, List<String> arguments, Path source, Path target)
      throws Exception {
    long begin = System.nanoTime();
    assertThat(process.copy(arguments)).isEqualTo(new TestingCopyProcess.Ending(0, ""));
    System.out.printf("%d names in %d ms%n", NAMES, (System.nanoTime() - begin) / 1_000_000);
    TestingTrees.run(
        folder,
        "sh",
        "-c",
        "for d in source target; do (cd $d; find . -printf '%P %s %T@\\n' | sort >../$d.names); done");
    assertThat(Files.mismatch(folder.resolve("source.names"), folder.resolve("target.names")))
        .as("the names of %s and %s", source, target)
        .isEqualTo(-1);
  }
}
