package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.TreeComparison;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Names that are no text, and things that are no files, in the first copy and in the mirror. */
@Tag("lab")
class OddNamesTest {
  /** What must be in a folder, asked on new itself. */
  private static final String ASK =
      """
      export LC_ALL=C
      cd "$1"
      [ "$(cat $'line one\\nline two')" = newline ]
      [ "$(cat $'latin1-\\xe4\\xf6\\xfc')" = invalid ]
      [ "$(cat $'tab\\tbell\\a escape\\e[31m')" = control ]
      [ "$(cat ./-rf)" = dash ]
      [ "$(cat '  spaces  ')" = space ]
      [ "$(cat "$(printf '%.0sx' {1..255})")" = long ]
      [ -p queue ]
      [ hard-one -ef hard-two ]
      [ hard-one -ef deep/er/hard-three ]
      [ "$(stat -c %h hard-one)" = 3 ]
      [ "$(readlink soft-invalid)" = $'latin1-\\xe4\\xf6\\xfc' ]
      [ "$(readlink dangling)" = /does/not/exist ]
      [ "$(stat -c %y empty)" = "$2" ]
      [ "$(stat -c %a:%u:%g closed/secret)" = 400:65534:12345 ]
      """;

  /** Files come and go while they are listed and read. */
  private static final String VANISHING =
      """
      mkdir -p /srv/www/vanishing
      for round in {1..400}; do
        head -c 300000 /dev/zero >/srv/www/vanishing/$((round % 20))
        rm -f /srv/www/vanishing/$(((round + 10) % 20))
      done
      """;

  @Test
  void names_are_bytes_and_special_files_arrive() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      Process vanishing = move.old().start(List.of("bash", "-c", VANISHING));
      try {
        move.godwit(0, "start");
      } finally {
        vanishing.descendants().forEach(ProcessHandle::destroyForcibly);
        vanishing.destroy();
        vanishing.waitFor();
      }
      assertArrived(move.neu(), "/srv/www/odd", move.old());
      // The same again, as changes.
      makeOdd(move.old(), "/srv/www/late\nodd");
      move.old()
          .must(
              "bash", "-c", "rm -rf /srv/www/vanishing; rm /srv/www/odd/$'latin1-\\xe4\\xf6\\xfc'");
      TestingPatience.await("both sides to be the same", () -> isSame(move));
      assertArrived(move.neu(), "/srv/www/late\nodd", move.old());
    }
  }

  @Test
  void a_path_of_the_plan_is_utf_8_whatever_the_locale_of_a_host_is() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.old().must("bash", "-c", "mkdir -p '/srv/süß' && echo first >'/srv/süß/größe'");
      move.changePlan(plan -> plan.replace("\nfiles:\n", "\nfiles:\n  - /srv/süß\n"));
      assertThat(move.godwit(0, "check")).contains("/srv/süß");
      move.godwit(0, "start");
      assertThat(move.neu().must("cat", "/srv/süß/größe")).isEqualTo("first\n");
      move.old().must("bash", "-c", "echo second >'/srv/süß/größe'");
      TestingPatience.await(
          "the change", () -> move.neu().run("grep", "-q", "second", "/srv/süß/größe").succeeded());
    }
  }

  private static boolean isSame(TestingMove move) {
    try {
      return TreeComparison.of(move.old(), move.neu(), move.folders()).different() == 0;
    } catch (IOException e) {
      return false; // something vanished while it was listed
    }
  }

  private static void makeOdd(LabHost host, String folder) throws Exception {
    try (InputStream in = LabHost.class.getResourceAsStream("odd-files.sh")) {
      assertThat(in).isNotNull();
      String script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      host.must("bash", "-euc", script, "odd-files", folder);
    }
  }

  private static void assertArrived(LabHost neu, String folder, LabHost old) throws Exception {
    String time = old.must("stat", "-c", "%y", folder + "/empty").strip();
    assertThat(time).contains(".123456789");
    LabHost.Outcome asked = neu.run("bash", "-eux", "-c", ASK, "ask", folder, time);
    assertThat(asked.succeeded()).as(asked.err()).isTrue();
  }
}
