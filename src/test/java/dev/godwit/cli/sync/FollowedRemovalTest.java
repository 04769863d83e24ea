package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingTrees;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code --remove-source-files} where symbolic links are followed: what is copied is what rsync
 * copies without it, though several names lead to one file; and nothing goes that is out of the
 * tree. With it, rsync may miss a name whose file went by another one.
 */
@Timeout(60)
final class FollowedRemovalTest {
  private static final String TREE =
      """
      mkdir -p source/dir out
      echo file >source/file
      echo below >source/dir/below
      echo out >out/out
      ln -s file source/a-link
      ln -s file source/link
      ln -s dir source/a-dir
      ln -s dir source/z-dir
      touch -d 2020-01-01 source/file source/dir/below out/out out source/dir
      touch -h -d 2020-01-01 source/*
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "-aL, ln -s ../out/out source/o-link, 0, a-dir dir z-dir",
    "-aLH, ln -s ../out/out source/o-link, 0, a-dir dir z-dir",
    "-aLc, ln -s ../out/out source/o-link, 0, a-dir dir z-dir",
    "-aL, ln -s ../out source/o-dir, 23, a-dir dir o-dir z-dir",
    "-ak, true, 0, a-dir dir z-dir",
    "-ak, ln -s ../out source/o-dir, 23, a-dir dir o-dir z-dir",
    "-a --copy-unsafe-links, ln -s ../out/out source/o-link, 23, dir o-link",
  })
  void all_names_are_copied_before_any_goes(String words, String link, int exit, String left)
      throws Exception {
    TestingTrees.run(folder, "sh", "-ec", TREE + link + "; touch -d 2020-01-01 source");
    TestingRun rsync = TestingRun.rsync(arguments(words, "rsync"));
    assertThat(rsync.exit()).as(rsync.err()).isZero();

    TestingRun godwit = TestingRun.godwit(arguments(words + " --remove-source-files", "godwit"));

    assertThat(godwit.exit()).as(godwit.err()).isEqualTo(exit);
    assertThat(TestingTrees.listing(folder.resolve("godwit")))
        .isEqualTo(TestingTrees.listing(folder.resolve("rsync")));
    String[] names = folder.resolve("source").toFile().list();
    assertThat(names).containsExactlyInAnyOrder(left.split(" "));
    assertThat(folder.resolve("source/dir")).isEmptyDirectory();
    assertThat(folder.resolve("out/out")).hasContent("out");
  }

  private List<String> arguments(String words, String target) {
    List<String> arguments = new ArrayList<>(Arrays.asList(words.split(" ")));
    arguments.add(folder + "/source/");
    arguments.add(folder + "/" + target);
    return arguments;
  }
}
