package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs that write to one target at the same time, or to targets one of which lies in the other,
 * leave each other's temporary names alone.
 */
@Tag("lab")
@Timeout(300)
final class SeveralRunsTest {
  @TempDir private Path folder;

  @ParameterizedTest(name = "a slow run into {0}, a quick one into {1}")
  @CsvSource({
    "LOCAL, target/sub, target",
    "LOCAL, target, target/sub",
    "LOCAL, target, target",
    "AGENT_TARGET, target/sub, target",
    "AGENT_TARGET, target, target"
  })
  void h14_what_another_run_has_under_way_stays(
      TestingCopyProcess.Way way, String slow, String quick) throws Exception {
    // One of the two directories stands and gets a new file; the other one is itself new.
    Path from = TestingTrees.folder(folder, "source/sub");
    byte[] content = new byte[700_000];
    new Random(1).nextBytes(content);
    Files.write(from.resolve("large"), content);
    Files.write(TestingTrees.folder(from, "new").resolve("large"), content);
    Path to = TestingTrees.folder(folder, "target/sub");
    Path other = TestingTrees.folder(folder, "other/sub");
    Files.writeString(other.resolve("small"), "small");
    try (TestingCopyProcess process =
            TestingCopyProcess.start(way, folder.resolve("first"), "-a", "--delete");
        TestingCopyProcess third =
            TestingCopyProcess.start(
                TestingCopyProcess.Way.LOCAL, folder.resolve("third"), "-a", "--delete")) {
      process.begin(arguments("--bwlimit=300", "source", slow));
      TestingPatience.await(() -> !temporaries(to).isEmpty());
      Path left = to.resolve(Names.display(new TemporaryNames().next()));
      Files.writeString(left, "of a run that was killed");
      for (int i = 0; i < 2; i++) { // the second one has no other beside it but the slow one
        assertThat(third.copy(arguments("--times", "other", quick)))
            .isEqualTo(new TestingCopyProcess.Ending(0, ""));
      }
      assertThat(process.end()).isEqualTo(new TestingCopyProcess.Ending(0, ""));
      assertThat(third.copy(arguments("--times", "other", quick)).exit()).isZero();
    }
    assertThat(to.resolve("large")).hasBinaryContent(content);
    assertThat(to.resolve("new/large")).hasBinaryContent(content);
    assertThat(to.resolve("small")).hasContent("small");
    assertThat(temporaries(to)).isEmpty();
  }

  /** With --partial it is made at once, by one thread after the one before it. */
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "LOCAL, -b",
    "LOCAL, --ignore-existing",
    "LOCAL, --partial --max-delete=9 -b",
    "AGENT_TARGET, -b",
    "AGENT_TARGET, --ignore-existing"
  })
  void h22_a_directory_that_somebody_has_made_meanwhile_gets_what_was_to_be_in_it(
      TestingCopyProcess.Way way, String options) throws Exception {
    Path source = slowSource();
    Path target = TestingTrees.folder(folder, "target");
    boolean keeps = options.contains("--ignore-existing");
    try (TestingCopyProcess process =
        TestingCopyProcess.start(way, folder.resolve("first"), "-a")) {
      process.begin(slowly(options, source, target));
      TestingPatience.await(
          () -> !temporaries(target).isEmpty() || Files.exists(target.resolve("a")));
      TestingTrees.run(
          target,
          "sh",
          "-c",
          "mkdir -p n/sub n/is-file; echo other >n/other; echo theirs >n/small; ln -s theirs n/link;"
              + " echo theirs >n/sub/deep; cp -a ../source/n/same n/; chmod 700 n");
      TestingCopyProcess.Ending ending = process.end();
      assertThat(ending.told()).isEmpty();
      assertThat(ending.exit()).isZero();
    }
    String theirs = keeps ? "theirs\n" : "mine\n";
    assertThat(target.resolve("n/large")).hasSameBinaryContentAs(source.resolve("n/large"));
    assertThat(target.resolve("n/other")).hasContent("other\n");
    assertThat(target.resolve("n/small")).hasContent(theirs);
    assertThat(target.resolve("n/sub/deep")).hasContent(theirs);
    assertThat(Files.readSymbolicLink(target.resolve("n/link")))
        .hasToString(keeps ? "theirs" : "mine");
    assertThat(target.resolve("n/same~")).as("it is equal").doesNotExist();
    if (!keeps) {
      assertThat(target.resolve("n/small~")).hasContent("theirs\n");
      assertThat(target.resolve("n/is-file")).hasContent("mine\n");
    }
    assertThat(Files.getPosixFilePermissions(target.resolve("n")))
        .isEqualTo(Files.getPosixFilePermissions(source.resolve("n")));
    assertThat(temporaries(target)).isEmpty();
    assertThat(temporaries(target.resolve("n"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"ln -s ../canary n", "echo theirs >n"})
  void h1_what_is_no_directory_and_has_come_meanwhile_stays(String made) throws Exception {
    Path source = slowSource();
    Path target = TestingTrees.folder(folder, "target");
    Path canary = TestingTrees.folder(folder, "canary");
    try (TestingCopyProcess process =
        TestingCopyProcess.start(TestingCopyProcess.Way.LOCAL, folder.resolve("first"), "-a")) {
      process.begin(slowly("-b", source, target));
      TestingPatience.await(() -> !temporaries(target).isEmpty());
      TestingTrees.run(target, "sh", "-c", made);
      TestingCopyProcess.Ending ending = process.end();
      assertThat(ending.exit()).isEqualTo(23);
      assertThat(ending.told()).contains("n: the directory cannot be given its name");
    }
    assertThat(canary).isEmptyDirectory();
    assertThat(target.resolve("a/large")).hasSameBinaryContentAs(source.resolve("a/large"));
    assertThat(temporaries(target)).isEmpty();
  }

  /** Two directories that take a second or two, and some names in the second one. */
  private Path slowSource() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    byte[] content = new byte[300_000];
    new Random(1).nextBytes(content);
    Files.write(TestingTrees.folder(source, "a").resolve("large"), content);
    Files.write(TestingTrees.folder(source, "n").resolve("large"), content);
    TestingTrees.run(
        source,
        "sh",
        "-c",
        "cd n; mkdir sub; echo mine >small; echo mine >same; echo mine >is-file; ln -s mine link;"
            + " echo mine >sub/deep; touch -d 2020-01-01 same; chmod 750 .");
    return source;
  }

  private static List<String> slowly(String options, Path source, Path target) {
    List<String> arguments = new ArrayList<>(List.of("-a", "--bwlimit=200"));
    arguments.addAll(List.of(options.split(" ")));
    arguments.addAll(List.of(source + "/", target.toString()));
    return arguments;
  }

  private List<String> arguments(String option, String from, String to) {
    String source = to.endsWith("sub") ? from + "/sub/" : from + "/";
    return List.of("-a", option, folder.resolve(source) + "/", folder.resolve(to).toString());
  }

  private static List<Path> temporaries(Path directory) throws Exception {
    try (Stream<Path> names = Files.list(directory)) {
      return names.filter(name -> name.getFileName().toString().startsWith(".godwit-")).toList();
    }
  }
}
