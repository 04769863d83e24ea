package dev.godwit.cli.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.TestingProgram;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Something of the source cannot be read: the names that stay on the target for that are those that
 * rsync leaves, whichever directory is looked at first.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class RemovalsAfterErrorsTest {
  /** What depends on which thread is faster is not the same each time. */
  private static final int TIMES = 4;

  private static final String USER = "1000";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "-aL --delete, 1",
    "-aL --delete, 2",
    "-aLi --delete, 1",
    "-aLi --delete, 2",
    "-aL --delete-delay, 1",
    "-aL --delete-delay, 2",
    "-aL --delete-before, 2",
    "-aL --delete-after, 2",
    "-aLm --delete, 2",
    "-aL --delete --delay-updates, 2",
    "-aL --delete --no-inc-recursive, 2",
    "-aL --delete --ignore-errors, 1",
    "-aLHi --delete, 1",
    "-aL --delete --link-dest=../nosuch, 2",
    "-aL --delete --max-delete=9, 2",
  })
  void h28_a_link_that_leads_nowhere_stops_those_that_come_after_it(String words, String at)
      throws Exception {
    isAsWithRsync(
        words,
        "source/",
        "mkdir -p source/1 source/2 source/3 target/1 target/2/below target/3 target/4;"
            + "touch source/1/f source/2/f; for d in 1 2 2/below 3 4; do echo gone >target/$d/gone;"
            + " done; ln -s nowhere source/AT/l".replace("AT", at));
  }

  /** The directory that cannot be read has no place on the target, or none yet. */
  @ParameterizedTest
  @CsvSource({
    "-rtp --delete, ''",
    "-rtp --delete, root:target/1",
    "-rtpi --delete, ''",
    "-rtp --delete-delay, ''",
    "-rtp --delete-delay, root:target/1",
    "-rtp --delete-excluded, ''",
    "-rtp -b --delete, ''",
    "-rtp --delete-before, ''",
    "-rtp --delete-after, ''",
    "-rtp --delete --ignore-existing, ''",
  })
  void h28_a_directory_that_cannot_be_read_stops_those_that_come_after_it(
      String words, String foreign) throws Exception {
    isAsWithRsync(
        words,
        "source/",
        "mkdir -p source/1/b source/2 source/3 target/1/x target/2/extra target/3/y;"
            + "echo x >source/1/f; echo y >source/3/y; touch target/2/extra/g target/3/y/gone;"
            + "chmod 0 source/1/b; chown -R USER:USER .; chown 0 source/1/b;"
            + (foreign.isEmpty() ? "" : "chown " + foreign.replace(":", " ")));
  }

  @ParameterizedTest
  @CsvSource({
    "source/, echo f >source/a/f",
    "source/, mkdir source/a/f",
    "source/, ln -s x source/a/f",
    "other/ source, echo f >source/a/f",
    "other/ source, mkdir source/a/f",
    "other/ source, ln -s x source/a/f",
  })
  void h28_names_that_cannot_be_looked_at_stop_all_removals_before_the_copy(
      String sources, String making) throws Exception {
    isAsWithRsync(
        "-rlt --delete-before",
        sources,
        "mkdir -p source/a other target/a target/y; touch target/a/extra target/y/g; "
            + making
            + "; chmod 600 source/a; chown -R USER:USER .");
  }

  /** What the argument stands for is not known; whether it may be missing says nothing of that. */
  @ParameterizedTest
  @CsvSource({
    "-a --delete, source/f/ source/2",
    "-a --delete-after, source/f/x source/2",
    "-a --delete, source/loop/ source/2",
    "-a --delete, source/closed/ source/2",
    "-aR --delete, source/./closed/x source/./2",
    "-a --delete --ignore-missing-args, nosuch/ source/2",
    "-a --delete --delete-missing-args, nosuch/f source/2",
  })
  void h28_an_argument_that_cannot_be_entered_stops_all_removals(String words, String sources)
      throws Exception {
    isAsWithRsync(
        words,
        sources,
        "mkdir -p source/2 source/closed target/2; touch source/f source/closed/x target/2/gone"
            + " target/f; ln -s loop source/loop; chmod 0 source/closed; chown -hR USER:USER ."
            + "; chown 0 source/closed");
  }

  /** Of a file whose content cannot be read the name is known: only what comes after all waits. */
  @ParameterizedTest
  @CsvSource({"--delete", "--delete-delay", "--delete-before", "--delete-after"})
  void a_file_that_cannot_be_read_stops_only_removals_when_all_is_copied(String when)
      throws Exception {
    isAsWithRsync(
        "-rlt " + when,
        "source/",
        "mkdir -p source/1 source/2 target/1 target/2; touch target/1/gone target/2/gone;"
            + "echo x >source/1/f; chmod 0 source/1/f; chown -R USER:USER .; chown 0 source/1/f");
  }

  private void isAsWithRsync(String words, String sources, String making) throws Exception {
    String tree = "chmod 755 .; mkdir -m 777 origin; cd origin; " + making.replace("USER", USER);
    TestingTrees.run(folder, "sh", "-ec", tree);
    String expected = left("rsync", List.of("/usr/bin/rsync"), words, sources);
    for (int i = 0; i < TIMES; i++) {
      String left = left("godwit" + i, TestingProgram.command("sync"), words, sources);
      assertThat(left).isEqualTo(expected);
    }
  }

  /** The names on the target, with how often was told that nothing is removed. */
  private String left(String name, List<String> program, String words, String sources)
      throws Exception {
    Path here = folder.resolve(name);
    TestingTrees.run(folder, "cp", "-a", "origin", name);
    List<String> argv = new ArrayList<>(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER));
    argv.add("--clear-groups");
    argv.addAll(program);
    argv.addAll(List.of(words.split(" ")));
    argv.addAll(List.of(sources.split(" ")));
    argv.add("target");
    Process process =
        new ProcessBuilder(argv).directory(here.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    int end = process.waitFor();
    long told = said.lines().filter(line -> line.startsWith("IO error encountered")).count();
    return end + " " + told + " " + TestingTrees.listing(here.resolve("target")).keySet();
  }
}
