package dev.godwit.cli.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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
 * An ordinary user copies into directories of his that their mode closes to himself: he is let in,
 * and their mode is in the end what rsync gives them.
 */
@Timeout(60)
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
