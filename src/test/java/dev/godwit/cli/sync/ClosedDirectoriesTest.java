package dev.godwit.cli.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.TestingProgram;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An ordinary user copies into directories and files of his that their mode closes to himself: he
 * is let in, and their mode is in the end what rsync gives them.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class ClosedDirectoriesTest {
  private static final String USER = "1000";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "-a --delay-updates, chmod 555 source/in target/in",
    "-a --delay-updates, chmod 555 source/in",
    "-rt --delay-updates, chmod 555 target/in",
    "-rt --delay-updates, chmod 0 target/in",
    "-a --delay-updates, chmod 555 source/in; rm -r target",
    "-a --delay-updates --chmod=D555, rm -r target",
    "-a --fake-super, chmod 555 source/in target/in",
    "-a --fake-super, chmod 555 target/in",
    "-a --fake-super --delay-updates, chmod 555 source/in target/in",
    "-aC --del, chmod 644 target/in",
    "-aF --delete-after, chmod 600 target/in; echo '- x' >target/in/.rsync-filter",
    "-a --inplace, chmod 444 target/in/file",
    "-a --inplace --no-W, chmod 0 target/in/file",
    "-a --append, chmod 444 target/in/file",
    "-rt --inplace, chmod 444 target/in/file",
    "-rt --inplace -E, chmod 4555 target/in/file",
  })
  void what_is_in_them_in_the_end_is_what_rsync_leaves(String words, String closing)
      throws Exception {
    make(closing);
    assertThat(copied("godwit", TestingProgram.command("sync"), words))
        .isEqualTo(copied("rsync", List.of("/usr/bin/rsync"), words));
  }

  /** A list that lets the owner through no more is what all that is made there begins with. */
  @Test
  void what_is_below_a_directory_that_closes_itself_comes_too() throws Exception {
    make(
        "mkdir -p source/in/a/b; touch source/in/a/b/c; chown -R 1000:1000 source; rm -r target/in;"
            + " setfacl -dm u::r--,g::--x,o::r-- target");
    assertThat(copied("godwit", TestingProgram.command("sync"), "-rt"))
        .contains("in=d 414 ", "in/a=d 414 ", "in/a/b=d 414 ", "in/a/b/c=f 404 ");
  }

  /** Whether he may list it and not look at what is in it, or may do neither. */
  @ParameterizedTest
  @CsvSource({
    "-a --link-dest=../basis, 0",
    "-a --link-dest=../basis, 444",
    "-a --compare-dest=../basis, 0",
    "-a --compare-dest=../basis, 444",
    "-a --copy-dest=../basis, 0",
    "-a --copy-dest=../basis, 444",
    "-rtc --link-dest=../basis, 0",
  })
  void what_is_in_a_closed_directory_of_a_basis_is_none(String words, String mode)
      throws Exception {
    make("mkdir basis; cp -a source/. basis; chown 0 basis/in; chmod " + mode + " basis/in");
    assertThat(copied("godwit", TestingProgram.command("sync"), words))
        .isEqualTo(copied("rsync", List.of("/usr/bin/rsync"), words));
  }

  @Test
  void a_file_that_stands_where_no_link_can_be_made_stays() throws Exception {
    make("cp -a source basis; rm -r target; cp -a source target; chown 0 target/in");
    String words = "-rt --link-dest=../basis";
    assertThat(copied("godwit", TestingProgram.command("sync"), words))
        .isEqualTo(copied("rsync", List.of("/usr/bin/rsync"), words));
  }

  /** What is written in place and not whole has no permission that it had not before. */
  @ParameterizedTest
  @CsvSource({"-rt --inplace, 400", "-a --inplace, 40", "-a --append, 444"})
  void a_file_whose_content_does_not_come_is_closed_again(String words, String mode)
      throws Exception {
    make("truncate -s 200000 source/in/file; chmod " + mode + " target/in/file");
    String said = ended("prlimit --fsize=100000", words);
    assertThat(said).contains("in/file: cannot be written", "File too large", "exit 23");
    assertThat(TestingTrees.listing(folder.resolve("godwit/target")).toString())
        .contains("in/file=f " + mode + " ");
  }

  @Test
  void of_what_is_not_his_it_is_told_once_that_nothing_can_be_set() throws Exception {
    make(
        "cp -p source/in/file target/in/; chmod 600 target/in/file; chmod 777 target/in;"
            + " chown 0:0 target/in/file target/in");
    assertThat(ended("nice", "-a"))
        .containsOnlyOnce("in: ")
        .containsOnlyOnce("in/file: the owner :1000 could not be set: Operation not permitted");
  }

  /** Of a directory on the way nothing is copied, its mode as little. */
  @Test
  void one_that_is_only_on_the_way_is_closed_again() throws Exception {
    make("chmod 311 target/in");
    assertThat(ended("nice", "-aR --no-implied-dirs source/./in/file")).contains("exit 0");
    assertThat(TestingTrees.listing(folder.resolve("godwit/target")).toString())
        .contains("in=d 311 ", "in/file=f 644 1000 1000 1577836800");
  }

  /** What is left out there is not known: it is not removed, and all else goes on (H28). */
  @Test
  void where_rules_of_the_target_cannot_be_read_nothing_is_removed() throws Exception {
    make(
        "echo '- kept' >target/in/.r; touch target/in/kept target/in/more target/gone;"
            + " chown 0 target/in/.r; chmod 600 target/in/.r; echo >target/other");
    assertThat(ended("nice", "-rti --delete --filter=:_.r"))
        .contains("in: its filter file at the target", "Nothing in it is removed", "exit 23");
    assertThat(TestingTrees.listing(folder.resolve("godwit/target")).toString())
        .contains("in/kept=", "in/more=", "in/file=f 644 1000 1000 1577836800")
        .doesNotContain("gone");
  }

  /** As the user, by Godwit. */
  private String ended(String starter, String words) throws Exception {
    TestingTrees.run(folder, "cp", "-a", "origin", "godwit");
    List<String> argv = new ArrayList<>(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER));
    argv.add("--clear-groups");
    argv.addAll(List.of(starter.split(" ")));
    argv.addAll(TestingProgram.command("sync"));
    argv.addAll(List.of(words.split(" ")));
    argv.addAll(List.of("source/", "target"));
    Process process =
        new ProcessBuilder(argv)
            .directory(folder.resolve("godwit").toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    return said + "exit " + process.waitFor();
  }

  private void make(String closing) throws Exception {
    String tree =
        """
        chmod 755 .
        mkdir -p origin/source/in origin/target/in
        cd origin
        echo new >source/in/file
        echo other >source/other
        echo old >target/in/file
        ln -s file source/in/link
        touch -h -d 2020-01-01 source/in/* source/* source
        touch -d 2019-01-01 target/in/file target/in target
        chown -hR USER:USER .
        """
            .replace("USER", USER);
    TestingTrees.run(folder, "sh", "-ec", tree + closing);
  }

  private String copied(String name, List<String> program, String words) throws Exception {
    Path here = folder.resolve(name);
    TestingTrees.run(folder, "cp", "-a", "origin", name);
    List<String> argv = new ArrayList<>(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER));
    argv.add("--clear-groups");
    argv.addAll(program);
    argv.addAll(List.of(words.split(" ")));
    argv.addAll(List.of("source/", "target"));
    Process process =
        new ProcessBuilder(argv).directory(here.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    String target = here.resolve("target").toString();
    return TestingTrees.listing(here.resolve("target"))
        + TestingTrees.run(here, "getfattr", "-Rhd", "--absolute-names", target)
            .replace(target, "target");
  }
}
