package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code --remove-source-files} where several names lead to one file: what is copied is what rsync
 * copies without it, and nothing goes that is out of the tree. With it, rsync may miss a name whose
 * file went by another one.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class RemoveSourceFilesTest {
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
    TestingRun rsync = TestingRun.rsync(arguments(words, "source/", "rsync"));
    assertThat(rsync.exit()).as(rsync.err()).isZero();

    TestingRun godwit =
        TestingRun.godwit(arguments(words + " --remove-source-files", "source/", "godwit"));

    assertThat(godwit.exit()).as(godwit.err()).isEqualTo(exit);
    assertThat(TestingTrees.listing(folder.resolve("godwit")))
        .isEqualTo(TestingTrees.listing(folder.resolve("rsync")));
    String[] names = folder.resolve("source").toFile().list();
    assertThat(names).containsExactlyInAnyOrder(left.split(" "));
    assertThat(folder.resolve("source/dir")).isEmptyDirectory();
    assertThat(folder.resolve("out/out")).hasContent("out");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "source source/dir source/dir/below",
        "source/dir/below source/./ source",
        "source/dir/../dir source",
        "source/dir/below source/dir/below"
      })
  void an_argument_that_lies_in_another_one_is_copied_to_both_places(String sources)
      throws Exception {
    TestingTrees.run(folder, "sh", "-ec", TREE);
    for (String basis : List.of("", "--link-dest=" + folder + "/rsync ")) {
      String words = "-rlt " + basis;
      TestingRun rsync = TestingRun.rsync(arguments(words, sources, "rsync"));
      assertThat(rsync.exit()).as(rsync.err()).isZero();
      String target = "godwit" + basis.length();

      TestingRun godwit =
          TestingRun.godwit(arguments(words + "--remove-source-files", sources, target));

      assertThat(godwit.exit()).as(godwit.err()).isZero();
      assertThat(files(target)).isEqualTo(files("rsync"));
      assertThat(folder.resolve("source/dir")).isEmptyDirectory();
      TestingTrees.run(folder, "sh", "-ec", "rm -r source out; " + TREE);
    }
  }

  private SortedMap<String, String> files(String in) throws Exception {
    SortedMap<String, String> files = TestingTrees.listing(folder.resolve(in));
    files.values().removeIf(status -> status.startsWith("d ")); // each made at its own time
    return files;
  }

  private List<String> arguments(String words, String sources, String target) {
    List<String> arguments = new ArrayList<>(Arrays.asList(words.strip().split(" ")));
    Arrays.stream(sources.split(" ")).map(source -> folder + "/" + source).forEach(arguments::add);
    arguments.add(folder + "/" + target + "/");
    return arguments;
  }

  /** Whether they were linked at the target before, or are by this copy. */
  @ParameterizedTest
  @ValueSource(strings = {"true", "ln b c", "ln b c; ln b d", "cp -p b c; ln c d", "rm b"})
  void all_names_of_a_file_go(String standing) throws Exception {
    for (String at : List.of("rsync", "godwit")) {
      TestingTrees.run(
          folder,
          "sh",
          "-ec",
          """
          mkdir %1$s source-%1$s
          echo file | tee source-%1$s/b >%1$s/b
          touch -d 2020-01-01 source-%1$s/b %1$s/b
          ln source-%1$s/b source-%1$s/c
          ln source-%1$s/b source-%1$s/d
          cd %1$s
          %2$s
          """
              .formatted(at, standing));
    }
    String words = "-rtHi --remove-source-files";

    TestingRun rsync = TestingRun.rsync(arguments(words, "source-rsync/", "rsync"));
    TestingRun godwit = TestingRun.godwit(arguments(words, "source-godwit/", "godwit"));

    assertThat(godwit.exit()).as(godwit.err()).isEqualTo(rsync.exit());
    assertThat(folder.resolve("source-rsync")).isEmptyDirectory();
    assertThat(folder.resolve("source-godwit")).isEmptyDirectory();
    assertThat(folder.resolve("godwit/d")).hasContent("file");
  }
}
