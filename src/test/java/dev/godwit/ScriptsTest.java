package dev.godwit;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parts of ./godwit and ./verify that decide something, with made-up JDKs and reports. */
final class ScriptsTest {
  private static final String FIND =
      ". scripts/jdk.sh; godwit_find_jdk && echo \"$JAVA_HOME $jdk_version\"";

  @TempDir private Path folder;

  private record Outcome(int exit, String out) {}

  @Test
  void java_home_comes_first_when_it_is_new_enough() throws Exception {
    Path home = jdk("chosen", "26-ea");
    assertThat(shell(FIND, home).out()).isEqualTo(home + " 26-ea\n");
  }

  @Test
  void an_older_jdk_and_a_runtime_without_compiler_are_passed_over() throws Exception {
    Path old = jdk("old", "21.0.7");
    assertThat(shell(FIND, old).out()).doesNotContain(old.toString());

    Path runtime = jdk("runtime", "25.0.1");
    Files.delete(runtime.resolve("bin/javac"));
    assertThat(shell(FIND, runtime).out()).doesNotContain(runtime.toString());

    Path strange = jdk("strange", "twenty-five");
    assertThat(shell(FIND, strange).out()).doesNotContain(strange.toString());
  }

  @Test
  void without_a_jdk_the_message_names_packages() throws Exception {
    Outcome outcome = shell(". scripts/jdk.sh; GODWIT_JDK_MIN=999; godwit_find_jdk", folder);
    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.out()).contains("needs a JDK 999 or newer", "apt-get install");
  }

  @Test
  void the_summary_counts_every_test_once() throws Exception {
    String reports =
        """
        <testsuite name="A" tests="4" errors="1" skipped="1" failures="1">
          <testcase name="good" classname="A" time="0.1"/>
          <testcase name="bad" classname="A" time="0.1">
            <failure message="[a &amp; &lt;b&gt;:&#10;1&#10;&#10;3] &quot;x&quot;"><![CDATA[<failure>]]>
            </failure>
            <error/>
          </testcase>
          <testcase name="worse" classname="A"><error type="E"/></testcase>
          <testcase name="left out" classname="A"><skipped message="no device"/></testcase>
          <testcase name="late" classname="A"><skipped message="no time"/></testcase>
          <testcase name="later" classname="A" time="0">
            <skipped message="no time"/>
          </testcase>
          <system-out><![CDATA[<testcase name="printed"> <failure>
        <skipped/>]]></system-out>
        </testsuite>
        """;
    Outcome outcome = summary(reports, "");
    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.out())
        .isEqualTo(
            """
            skipped: A.left out: no device
            skipped: 2 tests of A: no time
            failed: A.bad
                [a & <b>:
                1
                3] "x"
            failed: A.worse
            1 passed, 2 failed, 3 skipped
            """);
  }

  @Test
  void the_summary_shows_how_a_long_failure_begins_and_ends() throws Exception {
    String lines = IntStream.rangeClosed(1, 100).mapToObj(i -> "l" + i).collect(joining("&#10;"));
    Outcome outcome =
        summary(
            "<testcase name=\"bad\" classname=\"A\"><failure message=\"%s%s\"/></testcase>\n"
                .formatted(lines, "x".repeat(1000)),
            "");
    assertThat(outcome.out().lines().map(String::strip))
        .hasSize(1 + 20 + 1 + 60 + 1)
        .contains("l20", "…", "l41", "l99", "l100" + "x".repeat(196))
        .doesNotContain("l21", "l40");
  }

  @Test
  void the_summary_passes_only_when_something_ran() throws Exception {
    String good = "<testcase name=\"good\" classname=\"A\"/>\n";
    assertThat(summary(good, "")).isEqualTo(new Outcome(0, "1 passed, 0 failed, 0 skipped\n"));
    assertThat(summary("", "")).isEqualTo(new Outcome(1, "0 passed, 0 failed, 0 skipped\n"));
  }

  @Test
  void the_summary_does_not_pass_over_a_run_that_died() throws Exception {
    Outcome outcome = summary("<testcase name=\"good\" classname=\"A\"/>\n", "1");
    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.out()).endsWith("1 passed, 1 failed, 0 skipped\n");
  }

  @Test
  void packages_may_not_start_services_while_they_are_installed() throws Exception {
    Path guard = folder.resolve("policy-rc.d");
    // Stands in for apt-get; says what the packages' scripts would be told.
    Path apt = folder.resolve("apt-get");
    Files.writeString(apt, "#!/bin/sh\n" + guard + "; echo \"$* $?\" >>" + folder + "/calls\n");
    Files.setPosixFilePermissions(apt, PosixFilePermissions.fromString("rwxr-xr-x"));
    String install =
        """
        . scripts/debian.sh
        GODWIT_NEEDS='
        /no/such/program one
        sh dash
        /no/other/program two
        '
        GODWIT_POLICY=%s
        PATH=%s:$PATH
        godwit_install_missing
        """
            .formatted(guard, folder);

    assertThat(shell(install, folder).exit()).isZero();

    assertThat(folder.resolve("calls"))
        .hasContent("-qq update 101\n-qq install -y --no-install-recommends one two 101\n");
    assertThat(guard).doesNotExist();

    Files.writeString(guard, "#!/bin/sh\nexit 7\n");
    Files.setPosixFilePermissions(guard, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(shell(install, folder).exit()).isZero();
    assertThat(guard).as("the machine's own policy stays").content().contains("exit 7");
  }

  @Test
  void a_link_named_lsyncd_takes_the_place_of_that_program() throws Exception {
    Path java = jdk("java", "26-ea");
    Files.writeString(java.resolve("bin/java"), "#!/bin/sh\necho \"$*\"\n");
    Path built = folder.resolve("home/target/run"); // without sources: nothing is built
    Files.createDirectories(built);
    Files.createFile(built.resolve("godwit.jar"));
    Files.createFile(built.resolve("godwit-26-ea.aot.failed"));
    Files.createFile(built.resolve("godwit-26-ea-sync.aot"));
    assertThat(shell("cp -r godwit scripts " + folder.resolve("home"), java).exit()).isZero();
    for (String name : List.of("lsyncd", "other")) {
      Files.createSymbolicLink(folder.resolve(name), folder.resolve("home/godwit"));
    }
    assertThat(shell(folder.resolve("lsyncd") + " -nodaemon '/etc/a b'", java).out())
        .endsWith("godwit.jar lsyncd -nodaemon /etc/a b\n")
        .contains(" -Xmx512m "); // what has to be said to a process that lives long
    assertThat(shell(folder.resolve("other") + " sync a b", java).out())
        .endsWith("godwit.jar sync a b\n")
        .contains(" -XX:AOTCache=" + built.resolve("godwit-26-ea-sync.aot") + " ");
  }

  private Outcome summary(String reports, String broken) throws Exception {
    Path file = Files.writeString(folder.resolve("report.xml"), reports);
    return shell("awk -v broken='" + broken + "' -f scripts/summary.awk '" + file + "'", folder);
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    for (String program : List.of("java", "javac")) {
      Files.createFile(
          home.resolve("bin").resolve(program),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private static Outcome shell(String script, Path javaHome) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("sh", "-c", script).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", javaHome.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    return new Outcome(process.exitValue(), out);
  }
}
